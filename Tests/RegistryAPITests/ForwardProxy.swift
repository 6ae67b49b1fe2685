import HookTesting
import Testing

/// A forward proxy on a free loopback port that makes tunnels (`CONNECT`), whatever host is named: each leads to one port of this machine.
final class ForwardProxy: Sendable {
    private static let program = """
        import socket, sys, threading

        target, authorization = int(sys.argv[1]), sys.argv[2]

        def carry(source, sink):
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        def serve(client):
            head = b""
            while b"\\r\\n\\r\\n" not in head:
                data = client.recv(65536)
                if not data:
                    return
                head += data
            lines = head.decode().split("\\r\\n")
            shown = [line.split(": ", 1)[1] for line in lines if line.lower().startswith("proxy-authorization: ")]
            print(lines[0], *shown, flush=True)
            if authorization and shown != [authorization]:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\\r\\nContent-Length: 0\\r\\n\\r\\n")
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", target))
            client.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
            threading.Thread(target=carry, args=(client, server), daemon=True).start()
            carry(server, client)

        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        print("listening", listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    private let process: RunningProcess
    /// The port on 127.0.0.1.
    let port: Int

    /// Starts a proxy, hands it over, and ends it.
    ///
    /// - Parameters:
    ///   - target: the port to which every tunnel leads.
    ///   - authorization: what it wants to be shown; empty for nothing.
    static func withOne(
        to target: Int,
        authorization: String = "",
        _ body: (ForwardProxy) async throws -> Void
    ) async throws {
        let process = try RunningProcess(["python3", "-c", program, "\(target)", authorization])
        let outcome = try await process.wait(for: "to listen") { $0.standardOutput.contains("\n") || $0.status != nil }
        let port = try #require(outcome.standardOutput.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) }, "\(outcome)")
        let result: Result<Void, any Error>
        do {
            try await body(ForwardProxy(process, port))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        process.signal(15)
        _ = try await process.end()
        try result.get()
    }

    private init(_ process: RunningProcess, _ port: Int) {
        self.process = process
        self.port = port
    }

    /// The first line of every request so far, with what was shown.
    var requests: [String] { process.now.standardOutput.split(separator: "\n").dropFirst().map(String.init) }
}
