import Foundation
import Glibc
import HookKit
import HookTesting
import RegistryStorage
import StorageFixtures
import Testing

/// A store that nothing can be changed in: a dry run says so, and a run says what to do.
@Suite(.serialized) struct RefusedStoreTests {
    private static func request(_ path: String) -> RegistryCollection {
        var request = RegistryCollection(root: path, target: .garbage(repositories: []))
        request.deletesUntagged = true
        return request
    }

    private static func service(_ calls: SystemCalls = SystemCalls()) -> LocalRegistryStores {
        LocalRegistryStores(
            process: 1,
            cores: 1,
            now: { Timestamp(nanoseconds: TemporaryStore.tomorrow) },
            calls: calls,
            wait: { _ in },
            connect: { _ in throw CancellationError() }
        )
    }

    @Test(.enabled(if: Mounting.isPossible, Mounting.reason)) func aStoreThatIsMountedReadOnlyIsSaidToBeSo() async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let base = "\(store.path)/docker/registry/v2"
        try await Mounting.withMount(.itself, at: store.path) {
            #expect(mount("none", store.path, nil, UInt(MS_REMOUNT | MS_BIND | MS_RDONLY), nil) == 0)
            let planned = try await Self.service().collect(Self.request(store.path), isDryRun: true)
            let note =
                "a run could not change anything: '\(base)' cannot be written (read-only file system); mount its file system for writing"
            #expect(planned.notes == [note] && !planned.groups.isEmpty)
            var check = RegistryCheck(root: store.path)
            check.repairs = true
            #expect(try await Self.service().check(check, isDryRun: true).notes == [note])
            check.repairs = false
            #expect(try await Self.service().check(check, isDryRun: false).notes == [])
            let error = RegistryStoreError(
                .unusable,
                "cannot lock '\(base)/_hook/lock': read-only file system; mount its file system for writing"
            )
            await #expect(throws: error) { _ = try await Self.service().collect(Self.request(store.path), isDryRun: false) }
        }
    }

    @Test(
        .enabled(if: geteuid() == 0, "only the superuser gives files away"),
        arguments: [(65534, "'nobody' (65534)"), (4_000_111, "4000111")]
    )
    func theUserToRunAsIsNamed(owner: UInt32, words: String) async throws {
        let store = TemporaryStore()
        FaultTests.fill(store.builder)
        let base = "\(store.path)/docker/registry/v2"
        #expect(chown(base, owner, owner) == 0)
        // The superuser may do everything: what another user may not is said in his place.
        let program = store.path + ".program"
        let built = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("registry-bench").path ?? ""
        // Not by this process: what it starts meanwhile would hold the copy open for writing, and nothing open so can be run.
        #expect(try await runProcess(["cp", built, program]).exitCode == 0)
        defer { try? FileManager.default.removeItem(atPath: program) }
        chmod(program, 0o755)
        let user = ["setpriv", "--reuid", "1234", "--regid", "1234", "--clear-groups"]
        let result = try await runProcess(user + [program, "gc", store.path, "--delete-untagged"])
        #expect(result.status != .exited(0))
        let expected = "cannot lock '\(base)/_hook/lock': permission denied; '\(base)' belongs to the user \(words): run as that user"
        #expect(result.standardError.contains(expected), "\(result.standardError)")
    }
}
