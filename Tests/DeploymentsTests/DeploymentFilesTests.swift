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

    @Test(arguments: [
        // Beside an image without a tag, what may be its tag: whether it is cannot be known.
        ("web: {image: shop/web, tag: v1}", ["shop/web:${TAG}"]), ("web: {webImage: shop/web, imageTag: v1}", ["shop/web:${TAG}"]),
        ("spec: {image: shop/web, version: v1}", ["shop/web:${TAG}"]), ("web: {image: shop/web, digest: 'sha256:0'}", ["shop/web:${TAG}"]),
        ("web: {image: shop/web, ports: [80]}", ["shop/web"]), ("web: {image: 'shop/web:v2', tag: v1}", ["shop/web:v2"]),
        ("web: {image: 'r:5000/web', tag: v1}", ["r:5000/web:${TAG}"]), ("web: {image: '${A:-b:c/d}', tag: v1}", ["${A:-b:c/d}:${TAG}"]),
        // Values that are laid over those of a chart.
        ("image: {tag: v1}", ["${IMAGE}:v1"]), ("image: {digest: 'sha256:0'}", ["${IMAGE}@sha256:0"]),
        ("image: {registry: registry.local, tag: v1}", ["registry.local/${IMAGE}:v1"]),
        ("image: {pullPolicy: Always}", []), ("image: {tag: ''}", []),
        // Under whatever key.
        ("api: {repository: shop/api, tag: v1}", ["shop/api:v1"]), ("api: {repository: shop/api, tag: ''}", ["shop/api:${TAG}"]),
        ("api: {registry: r.local, repository: shop/api, digest: 'sha256:0'}", ["r.local/shop/api@sha256:0"]),
        ("chart: {repository: 'https://charts.local', version: 1.2.3}", []),
        ("image: {repository: shop/api, tag: v1}", ["shop/api:v1"]),
        // Whole names, as GitLab has them.
        ("image: {name: '$CI_REGISTRY_IMAGE/ci:1.2'}", ["$CI_REGISTRY_IMAGE/ci:1.2"]), ("image: {name: shop/ci}", ["shop/ci:${TAG}"]),
        ("image: {name: 'shop/ci@${DIGEST}', entrypoint: ['']}", ["shop/ci@${DIGEST}"]),
        ("image: {repository: 'r.local:5000/shop/ci', tag: v1}", ["r.local:5000/shop/ci:v1"]),
        ("images: [{name: 'shop/web:v1'}]", ["shop/web:v1"]), ("images: [shop/web, 'shop/api:v1']", ["shop/web", "shop/api:v1"]),
        ("a: 1", []),
    ]) func everyFormOfAnImageIsFound(_ text: String, _ expected: [String]) async throws {
        #expect(try await images(text).map(\.text) == expected)
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
