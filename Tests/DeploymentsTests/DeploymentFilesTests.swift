import Deployments
import HookKit
import HookTesting
import Testing

@Suite struct DeploymentFilesTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func images(_ text: String) async throws -> [DeployedImage] {
        let path = try directory.write(text, to: "file.yml")
        return try await YAMLDeploymentFiles().images(namedIn: path)
    }

    @Test func aComposeFileIsRead() async throws {
        let text = """
            x-base: &base
              image: "registry.local:5000/shop/base:${TAG:-v1}"
            services:
              api:
                image: shop/api:v1
                build: .
              worker:
                <<: *base
              job: { image: shop/job@sha256:\(String(repeating: "a", count: 64)) }
              empty: { image: }
            """
        let found = try await images(text)
        #expect(
            found == [
                DeployedImage("registry.local:5000/shop/base:${TAG:-v1}", line: 2), DeployedImage("shop/api:v1", line: 5),
                DeployedImage("registry.local:5000/shop/base:${TAG:-v1}", line: 2),
                DeployedImage("shop/job@sha256:\(String(repeating: "a", count: 64))", line: 9),
            ]
        )
    }

    @Test func severalDocumentsOfKubernetesAreRead() async throws {
        let text = """
            %YAML 1.2
            ---
            kind: Deployment
            spec: {template: {spec: {initContainers: [{image: shop/init:v1}], containers: [{image: shop/api:v2, env: [{name: SIDE, value: shop/side:v3}]}]}}}
            --- # The next one.
            kind: ConfigMap
            data: {text: "no/image", url: "http://a.b/c:d", time: "12:30"}
            ...
            ---
            spec:
              runnerImage: shop/runner
            """
        #expect(
            try await images(text) == [
                DeployedImage("shop/init:v1", line: 4), DeployedImage("shop/api:v2", line: 4), DeployedImage("shop/side:v3", line: 4),
                DeployedImage("shop/runner", line: 11),
            ]
        )
    }

    @Test func valuesOfChartsAndKustomizationsAreRead() async throws {
        let text = """
            image: {registry: registry.local:5000, repository: shop/api, tag: v1}
            sidecar: {image: {repository: shop/side}}
            images:
              - {name: shop/web, newTag: v2}
              - {name: shop/old, newName: shop/new, digest: "sha256:0"}
            """
        #expect(
            try await images(text) == [
                DeployedImage("registry.local:5000/shop/api:v1", line: 1), DeployedImage("shop/side:${TAG}", line: 2),
                DeployedImage("shop/web:v2", line: 4), DeployedImage("shop/new@sha256:0", line: 5),
            ]
        )
    }

    @Test func whatCannotBeReadIsAnErrorAtItsPlace() async throws {
        let path = directory["file.yml"]
        func expect(_ text: String, _ message: String) async {
            let error = await #expect(throws: DeploymentFileError.self) { try await images(text) }
            #expect(error?.description == "cannot read '\(path)'\(message)")
        }
        await expect("a: 1\n---\nimage: {{ .Values.image }}\n", ":3:9: a key is a text, not a list or a mapping")
        await expect("image: a\nimage: b\n", ":2:1: the key 'image' comes twice in one mapping")
        let none = await #expect(throws: DeploymentFileError.self) {
            try await YAMLDeploymentFiles().images(namedIn: directory["none.yml"])
        }
        #expect(none?.description == "cannot read '\(directory["none.yml"])': no such file or directory")
        let folder = await #expect(throws: DeploymentFileError.self) { try await YAMLDeploymentFiles().images(namedIn: directory.path) }
        #expect(folder?.description == "cannot read '\(directory.path)': it is not a file")
    }
}
