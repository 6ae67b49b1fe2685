import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP server on a unix socket or on loopback that answers exactly as it is told: for what a real service does only when it is broken.
///
/// Each connection is served in order, request by request. It speaks TLS where it gets certificates.
package final class ScriptedServer: Sendable {
    /// Where a server listens.
    package enum Place: Hashable, Sendable {
        /// On a unix socket at a path.
        case unixSocket(path: String)
        /// On a free port of 127.0.0.1.
        case loopback
    }

    /// The certificates of a server that speaks TLS: paths of files in PEM.
    package struct Certificates: Hashable, Sendable {
        /// The server's certificate.
        package let certificate: String
        /// Its key.
        package let key: String
        /// The authority that clients' certificates must come from; `nil` where clients need none.
        package let clientAuthority: String?

        /// Names the files.
        package init(certificate: String, key: String, clientAuthority: String? = nil) {
            self.certificate = certificate
            self.key = key
            self.clientAuthority = clientAuthority
        }

        func configuration() throws -> TLSConfiguration {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            )
            if let clientAuthority {
                configuration.trustRoots = .file(clientAuthority)
                configuration.certificateVerification = .noHostnameVerification
            }
            return configuration
        }
    }

    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, ByteBuffer>
    private typealias Answer = @Sendable (ScriptedRequest) async -> ScriptedAnswer

    private final class Log: Sendable {
        let requests = Mutex<[ScriptedRequest]>([])
        let connections = Mutex(0)
    }

    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let serving: Task<Void, Never>
    private let log = Log()
    /// The port on 127.0.0.1; 0 on a unix socket.
    package let port: Int

    /// Starts a server whose answers are made by `answer`; it listens when this returns, and must be stopped.
    package init(
        on place: Place,
        certificates: Certificates? = nil,
        answer: @escaping @Sendable (ScriptedRequest) async -> ScriptedAnswer
    ) async throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let context = try certificates.map { try NIOSSLContext(configuration: $0.configuration()) }
        let bootstrap = ServerBootstrap(group: group).serverChannelOption(.backlog, value: 256)
        let prepare: @Sendable (any Channel) -> EventLoopFuture<Connection> = { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                return try Connection(wrappingChannelSynchronously: channel)
            }
        }
        let listener: NIOAsyncChannel<Connection, Never>
        switch place {
        case .unixSocket(let path): listener = try await bootstrap.bind(unixDomainSocketPath: path, childChannelInitializer: prepare)
        case .loopback: listener = try await bootstrap.bind(host: "127.0.0.1", port: 0, childChannelInitializer: prepare)
        }
        channel = listener.channel
        port = channel.localAddress?.port ?? 0
        serving = Task { [log] in await Self.accept(listener, log: log, answer: answer) }
    }

    /// Starts a server, hands it to `body`, and stops it when that ends.
    package static func withOne<Result>(
        on place: Place,
        certificates: Certificates? = nil,
        answer: @escaping @Sendable (ScriptedRequest) async -> ScriptedAnswer,
        body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let server = try await ScriptedServer(on: place, certificates: certificates, answer: answer)
        do {
            let result = try await body(server)
            try await server.stop()
            return result
        } catch {
            try await server.stop()
            throw error
        }
    }

    /// The requests so far, in the order in which they came.
    package var requests: [ScriptedRequest] { log.requests.withLock { $0 } }

    /// How many connections were made so far.
    package var connectionCount: Int { log.connections.withLock { $0 } }

    /// Closes the listener and every connection.
    package func stop() async throws {
        serving.cancel()
        await serving.value
        try await group.shutdownGracefully()
    }

    private static func accept(_ listener: NIOAsyncChannel<Connection, Never>, log: Log, answer: @escaping Answer) async {
        // The end of the test cancels this; what a listener says of that is of no interest.
        try? await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    log.connections.withLock { $0 += 1 }
                    group.addTask {
                        // A client may go in the middle of an answer: some tests are about that.
                        try? await serve(connection, log: log, answer: answer)
                    }
                }
            }
        }
    }

    private static func serve(_ connection: Connection, log: Log, answer: @escaping Answer) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var parts = inbound.makeAsyncIterator()
            while let request = try await next(&parts) {
                log.requests.withLock { $0.append(request) }
                for step in await answer(request).steps {
                    switch step {
                    case .send(let bytes): try await outbound.write(ByteBuffer(bytes: bytes))
                    case .sendAll(let stream): for await bytes in stream { try await outbound.write(ByteBuffer(bytes: bytes)) }
                    case .sendForever(let bytes): while true { try await outbound.write(ByteBuffer(bytes: bytes)) }
                    case .fallSilent:
                        while try await parts.next() != nil {}
                        return
                    case .close: return
                    }
                }
            }
        }
    }

    private static func next(_ parts: inout NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator) async throws
        -> ScriptedRequest?
    {
        guard case .head(let head)? = try await parts.next() else { return nil }
        var body: [UInt8] = []
        while case .body(let buffer)? = try await parts.next() { body += buffer.readableBytesView }
        return ScriptedRequest(
            method: head.method.rawValue,
            target: head.uri,
            fields: head.headers.map { ScriptedRequest.Field(name: $0.name, value: $0.value) },
            body: body
        )
    }
}
