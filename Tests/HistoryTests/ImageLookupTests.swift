import History
import HookKit
import OCI
import Testing

/// Which image is meant by what a person types, and what is near where none is.
@Suite struct ImageLookupTests {
    private func image(_ digit: Character, _ tags: [String]) throws -> EngineImage {
        EngineImage(
            id: try #require(Digest(algorithm: .sha256, hex: String(repeating: digit, count: 64))),
            references: try tags.map { try #require(ImageReference($0)) },
            created: Timestamp(seconds: 0),
            size: .zero
        )
    }

    private static func reference(_ text: String) -> ImageReference {
        guard let reference = ImageReference(text) else { preconditionFailure("'\(text)' is no reference") }
        return reference
    }

    @Test(
        arguments: [
            ("shop/api", .sameRepository([reference("shop/api:v1"), reference("shop/api:v2")], more: 0)),
            ("many:number-x", .similar(reference("many:number-1"))), ("shop/apo", .similar(reference("shop/api:v1"))),
            ("shop/apo:v2", .similar(reference("shop/api:v2"))), ("web:9", .sameRepository([reference("localhost/web:old")], more: 0)),
            ("many", .sameRepository((1...5).map { reference("many:number-\($0)") }, more: 3)),
            ("Shop/Api", .sameRepository([reference("shop/api:v1"), reference("shop/api:v2")], more: 0)),
            ("entirely/different:v1", .none), ("ffff", .none),
        ] as [(String, NearTags)]
    )
    func whatIsNearIsNamedWhereNothingIsMeant(typed: String, near: NearTags) throws {
        let images = [
            try image("a", ["shop/api:v2", "shop/api:v1"]), try image("b", ["localhost/web:old"]),
            try image("c", (1...8).map { "many:number-\($0)" }),
        ]
        #expect(ImageLookup.find(typed, among: images) == .missing(near: near))
    }
}
