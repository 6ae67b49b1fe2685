import HookKit
import HookTesting
import RegistryAPI
import Synchronization
import Testing

/// Lists that break off, lead in a circle or have no end.
@Suite struct ListFaultTests: RegistryFaultSuite {
    @Test func pagesThatLeadInACircleEnd() async throws {
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with a page that leads back to an earlier one, so that the list has no end",
            requests: 3,
            from: { request in
                guard request.path == "/v2/a/tags/list" else { return nil }
                return .whole(#"{"tags":["v1"]}"#, fields: [("Link", #"</v2/a/tags/list?last=v1&n=1>; rel="next""#)])
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func aListThatBreaksOffIsNoList() async throws {
        try await expect(
            .unsupported,
            "@ answered 'GET /v2/a/tags/list' with 404: NAME_UNKNOWN: repository name not known to registry",
            requests: 3,
            from: { request in
                guard request.path == "/v2/a/tags/list" else { return nil }
                guard request.target.contains("last=") else {
                    return .whole(#"{"tags":["v1"]}"#, fields: [("Link", #"</v2/a/tags/list?last=v1&n=1>; rel="next""#)])
                }
                return .whole(#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}"#, status: 404)
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func aFullPageIsNotTakenForTheLast() async throws {
        var limits = Self.limits
        limits.pageLength = 2
        for ignoresLast in [false, true] {
            try await withRegistry(limits: limits) { request in
                switch request.target {
                case "/v2/a/tags/list?n=2": .whole(#"{"tags":["v1","v2"]}"#)
                case "/v2/a/tags/list?n=2&last=v2": .whole(ignoresLast ? #"{"tags":["v1","v2"]}"# : #"{"tags":["v3","v_4"]}"#)
                case "/v2/a/tags/list?n=2&last=v_4": .whole(#"{"tags":null}"#)
                default: nil
                }
            } body: { client, server, _ async throws in
                #expect(try await client.tags(of: "a") == (ignoresLast ? ["v1", "v2"] : ["v1", "v2", "v3", "v_4"]))
                #expect(server.requests.count == (ignoresLast ? 3 : 4))
            }
        }
    }

    @Test func pagesWithoutEndAndWithoutNewsEnd() async throws {
        let count = Mutex(0)
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with a page that leads back to an earlier one, so that the list has no end",
            requests: 23,
            from: { request in
                guard request.path == "/v2/a/tags/list" else { return nil }
                let number = count.withLock {
                    $0 += 1; return $0
                }
                return .whole(#"{"tags":["v1"]}"#, fields: [("Link", #"</v2/a/tags/list?last=\#(number)>; rel="next""#)])
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func aListThatGrowsForEverEnds() async throws {
        var limits = Self.limits
        limits.listLength = 100
        let count = Mutex(0)
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with more than 100 entries, which is more than hook reads",
            limits: limits,
            from: { request in
                guard request.path == "/v2/a/tags/list" else { return nil }
                let number = count.withLock {
                    $0 += 1; return $0
                }
                let tags = (0..<10).map { "\"v\(number)-\($0)\"" }.joined(separator: ",")
                return .whole(#"{"tags":[\#(tags)]}"#, fields: [("Link", #"</v2/a/tags/list?last=\#(number)>; rel="next""#)])
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func aNextPageOnAnotherServerIsAskedOfThisOne() async throws {
        try await withRegistry { request in
            switch request.target {
            case "/v2/a/tags/list?n=1000":
                .whole(#"{"tags":["v1"]}"#, fields: [("Link", #"<http://evil.invalid/v2/a/tags/list?last=v1>; rel="next""#)])
            case "/v2/a/tags/list?last=v1": .whole(#"{"tags":["v2"]}"#)
            default: nil
            }
        } body: { client, _, _ async throws in
            #expect(try await client.tags(of: "a") == ["v1", "v2"])
        }
    }

    @Test(arguments: ["/v2/b/tags/list?last=v1", "https://evil.invalid/", "ftp://evil.invalid/v2/a/tags/list"])
    func aNextPageOfSomethingElseIsRefused(_ link: String) async throws {
        let message =
            link.hasPrefix("/") ? "a link to the next page of another list" : "a link to the next page that is no address of its API"
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with \(message)",
            from: { request in
                guard request.path == "/v2/a/tags/list" else { return nil }
                return .whole(#"{"tags":["v1"]}"#, fields: [("Link", "<\(link)>; rel=next")])
            }
        ) {
            _ = try await $0.tags(of: "a")
        }
    }

    @Test func namesThatAreNoneAreRefused() async throws {
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/a/tags/list' with '../../etc/passwd' where a tag belongs",
            from: { $0.path == "/v2/" ? nil : .whole(#"{"tags":["../../etc/passwd"]}"#) }
        ) {
            _ = try await $0.tags(of: "a")
        }
        try await expect(
            .badAnswer,
            "@ answered 'GET /v2/_catalog' with 'a/../b' where the name of a repository belongs",
            from: { $0.path == "/v2/" ? nil : .whole(#"{"repositories":["a/../b"]}"#) }
        ) {
            _ = try await $0.repositories()
        }
        try await withRegistry({ _ in nil }) { client, server, _ async throws in
            await #expect(throws: RegistryError(.configuration, "'a/../b' is no name of a repository")) {
                try await client.tags(of: "a/../b")
            }
            await #expect(throws: RegistryError(.configuration, "'x/y' is no tag")) {
                try await client.deleteTag("x/y", in: "a")
            }
            #expect(server.requests == [])
        }
    }
}
