import RegistryStorage

/// Writes a small store of random shape: everything that a registry can hold, in any combination.
package struct RandomStore {
    private let builder: StoreBuilder
    private var random: SeededGenerator
    private var parts: [StoreBuilder.Part] = []
    private var subjects: [String: [StoreBuilder.Part]] = [:]
    private var manifests: [String: [StoreBuilder.Part]] = [:]

    /// Writes a store; the same seed writes the same store.
    @discardableResult
    package init(_ builder: StoreBuilder, seed: UInt64) {
        self.builder = builder
        random = SeededGenerator(seed: seed)
        for number in 0..<Int.random(in: 3...8, using: &random) { parts.append(builder.blob(Array("part \(number) of \(seed)".utf8))) }
        let names = ["a", "a/b", "a/b/c", "team/app", "team/app-2", "z"].shuffled(using: &random)
        for name in names.prefix(Int.random(in: 1...4, using: &random)) { fill(name, seed) }
        for number in 0..<Int.random(in: 0...3, using: &random) { builder.blob(Array("orphan \(number) of \(seed)".utf8)) }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func somePart() -> StoreBuilder.Part { parts.randomElement(using: &random) ?? parts[0] }

    private mutating func fill(_ name: String, _ seed: UInt64) {
        for number in 0..<Int.random(in: 1...8, using: &random) { addManifest(number, name, seed) }
        let own = manifests[name] ?? []
        for number in 0..<Int.random(in: 0...4, using: &random) {
            guard let target = own.randomElement(using: &random) else { continue }
            if chance(40), let former = own.randomElement(using: &random) { builder.tag("v\(number)", former.key, in: name) }
            builder.tag("v\(number)", target.key, in: name)
        }
        if chance(60), let subject = own.randomElement(using: &random), let signature = own.randomElement(using: &random) {
            let ending = [".sig", ".att", ".sbom", "", ".other"].randomElement(using: &random) ?? ""
            builder.tag("sha256-\(subject.key.hex)\(ending)", signature.key, in: name)
            subjects[name, default: []].append(subject)
        }
        if chance(25) { builder.linkLayer(somePart().key, in: name) }
        if chance(35), let gone = subjects[name]?.randomElement(using: &random) ?? own.randomElement(using: &random) {
            builder.deleteRevision(gone.key, in: name)
        }
        if chance(5), let damaged = own.randomElement(using: &random) {
            builder.write(RegistryLayout.revision(damaged.key, of: EntryName(name)), [])
        }
        if chance(5), let damaged = own.randomElement(using: &random) {
            builder.write(RegistryLayout.blob(damaged.key), Array("{\"layers\":".utf8))
        }
    }

    private mutating func addManifest(_ number: Int, _ name: String, _ seed: UInt64) {
        let own = manifests[name] ?? []
        let added: StoreBuilder.Part
        let subject = chance(25) ? own.randomElement(using: &random) : nil
        if let subject { subjects[name, default: []].append(subject) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0...1 where !own.isEmpty:
            let children = (0..<Int.random(in: 1...3, using: &random)).compactMap { _ in own.randomElement(using: &random) }
            added = builder.index(children, subject: subject, in: name)
        case 2:
            let text =
                "{\"schemaVersion\":2,\"mediaType\":\"application/x-unknown\",\"number\":\(number),\"of\":\(seed),\"names\":[\"\(somePart().key)\"]}"
            added = builder.manifest(text, in: name)
        case 3 where !manifests.isEmpty:
            // The same manifest in two repositories, as a mount and a push of the same image make it.
            guard let other = manifests.values.joined().sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { return }
            builder.linkRevision(other.key, in: name)
            added = other
        default:
            let layers = (0..<Int.random(in: 0...3, using: &random)).map { _ in somePart() }
            added = builder.image(somePart(), layers, subject: subject, mediaType: chance(80) ? StoreBuilder.ociManifest : nil, in: name)
        }
        manifests[name, default: []].append(added)
    }
}
