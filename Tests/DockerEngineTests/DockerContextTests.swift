import DockerEngine
import HookKit
import HookTesting
import Testing

@Suite struct DockerContextTests {
    private let home: TemporaryDirectory

    init() throws { home = try TemporaryDirectory() }

    /// Writes a context as `docker context create` does; its ID is the SHA-256 of its name.
    private func writeContext(_ name: String, id: String, host: String?, skipsVerification: Bool = false, certificates: [String] = [])
        throws
    {
        let endpoint = host.map { #""docker":{"Host":"\#($0)","SkipTLSVerify":\#(skipsVerification)}"# } ?? ""
        try home.write(
            #"{"Name":"\#(name)","Metadata":{"Description":"a build host"},"Endpoints":{\#(endpoint)}}"#,
            to: ".docker/contexts/meta/\(id)/meta.json"
        )
        for certificate in certificates { try home.write("", to: ".docker/contexts/tls/\(id)/docker/\(certificate)") }
    }

    private func find(_ environment: [String: String] = [:]) throws -> EngineEndpoint {
        try EngineEndpoint.find(
            host: nil,
            in: EngineSurroundings(environment: environment, homeDirectory: home.path, rootDirectory: home["root"])
        )
    }

    private static let remote = "b71199ebd070b36beab7317920c2c2f1d777df9a7a9e6c1d4df3f8b0d9ea2c1e"
    private static let desktop = "fe9c6bd7a66301f49ca9b6a70b217107cd1284598bfc254700c989b916da791e"

    @Test func theCurrentContextNamesTheEngine() throws {
        try writeContext("other", id: Self.desktop, host: "unix:///other.sock")
        try writeContext("remote", id: Self.remote, host: "tcp://build1:2375")
        try home.write(#"{"auths":{},"currentContext":"remote"}"#, to: ".docker/config.json")
        let endpoint = try find()
        #expect(endpoint.description == "tcp://build1:2375")
        #expect(endpoint.origin == .context("remote"))
        #expect(endpoint.tls == nil)
    }

    @Test func dockerContextWinsOverTheCurrentOne() throws {
        try writeContext("desktop-linux", id: Self.desktop, host: "unix:///desktop.sock")
        try home.write(#"{"currentContext":"remote"}"#, to: ".docker/config.json")
        #expect(try find(["DOCKER_CONTEXT": "desktop-linux"]).description == "unix:///desktop.sock")
    }

    @Test func theContextDefaultLeavesTheChoiceToTheSockets() throws {
        try home.write(#"{"currentContext":"remote"}"#, to: ".docker/config.json")
        #expect(try find(["DOCKER_CONTEXT": "default"]).origin == .usualSocket)
    }

    @Test func aConfigurationWithoutAContextLeavesTheChoiceToTheSockets() throws {
        try home.write(#"{"auths":{"a":{}},"currentContext":""}"#, to: ".docker/config.json")
        #expect(try find().origin == .usualSocket)
    }

    @Test func dockerConfigNamesTheDirectory() throws {
        try writeContext("remote", id: Self.remote, host: "tcp://build1:2375")
        let surroundings = EngineSurroundings(
            environment: ["DOCKER_CONFIG": home[".docker"], "DOCKER_CONTEXT": "remote"],
            homeDirectory: "/nonexistent"
        )
        #expect(try EngineEndpoint.find(host: nil, in: surroundings).description == "tcp://build1:2375")
    }

    @Test func aContextBringsItsCertificates() throws {
        try writeContext("remote", id: Self.remote, host: "tcp://build1:2376", certificates: ["ca.pem", "cert.pem", "key.pem"])
        let directory = home[".docker/contexts/tls/\(Self.remote)/docker"]
        #expect(
            try find(["DOCKER_CONTEXT": "remote"]).tls
                == EngineTLS(
                    authority: "\(directory)/ca.pem",
                    certificate: "\(directory)/cert.pem",
                    key: "\(directory)/key.pem",
                    verification: .full
                )
        )
    }

    @Test func aContextCanSkipTheVerification() throws {
        try writeContext("remote", id: Self.remote, host: "tcp://build1:2376", skipsVerification: true)
        #expect(
            try find(["DOCKER_CONTEXT": "remote"]).tls == EngineTLS(authority: nil, certificate: nil, key: nil, verification: .none)
        )
    }

    @Test func variablesForTLSDoNotReachAContext() throws {
        try writeContext("remote", id: Self.remote, host: "tcp://build1:2375")
        #expect(try find(["DOCKER_CONTEXT": "remote", "DOCKER_TLS_VERIFY": "1"]).tls == nil)
    }

    // MARK: What is wrong

    private func expect(_ message: String, _ environment: [String: String] = [:]) {
        #expect(throws: EngineError(.configuration, message)) { try find(environment) }
    }

    @Test func aContextThatIsNotThereIsNamed() throws {
        try writeContext("remote", id: Self.remote, host: "tcp://build1:2375")
        expect(
            "there is no docker context 'romete', which DOCKER_CONTEXT names, in '\(home[".docker"])/contexts'; "
                + "`docker context ls` lists what there is",
            ["DOCKER_CONTEXT": "romete"]
        )
    }

    @Test func theFileThatNamesAMissingContextIsNamed() throws {
        try home.write(#"{"currentContext":"remote"}"#, to: ".docker/config.json")
        expect(
            "there is no docker context 'remote', which currentContext in '\(home[".docker/config.json"])' names, "
                + "in '\(home[".docker"])/contexts'; `docker context ls` lists what there is"
        )
    }

    @Test func aContextWithoutADockerHostIsRefused() throws {
        try writeContext("remote", id: Self.remote, host: nil)
        expect(
            "the docker context 'remote' names no docker host; `docker context inspect remote` shows it",
            ["DOCKER_CONTEXT": "remote"]
        )
    }

    @Test func aContextOverSSHIsRefused() throws {
        try writeContext("remote", id: Self.remote, host: "ssh://ops@build1")
        expect(
            "the host 'ssh://ops@build1' of the docker context 'remote' leads over ssh, which hook does not speak; forward the socket with "
                + "`ssh -fNL /tmp/docker-remote.sock:/var/run/docker.sock ops@build1` and set DOCKER_HOST=unix:///tmp/docker-remote.sock",
            ["DOCKER_CONTEXT": "remote"]
        )
    }

    @Test(arguments: ["", "{", #"{"currentContext":5}"#, "[]", "\u{0}"]) func aDamagedConfigurationIsNotGuessedAt(_ text: String) throws {
        try home.write(text, to: ".docker/config.json")
        expect(
            "'\(home[".docker/config.json"])' is not what `docker` writes there, so which engine is meant is not known; repair it, or set DOCKER_HOST"
        )
    }

    @Test func aDirectoryInPlaceOfTheConfigurationIsRefused() throws {
        try home.makeDirectory(".docker/config.json")
        expect("'\(home[".docker/config.json"])', which says where the engine is: it cannot be read; make it readable, or set DOCKER_HOST")
    }
}
