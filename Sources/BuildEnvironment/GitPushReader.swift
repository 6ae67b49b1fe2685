import HookKit

/// Reads what git is about to push.
///
/// Source: githooks(5), "pre-push": the hook gets the remote's name and address as arguments, which the hook that hook installs hands on as
/// variables, and a line `<local ref> <local object> <remote ref> <remote object>` for each ref on its standard input. The pre-commit framework
/// keeps the standard input for itself and says the same by variables (pre-commit.com, "pre-commit during push").
struct GitPushReader {
    let variables: BuildVariables

    /// What the variables and the standard input say; `nil` where no push is under way.
    func push(standardInput: String) -> GitPush? {
        if let remote = variables.first("HOOK_PUSH_REMOTE", "PRE_COMMIT_REMOTE_NAME") {
            let refs = standardInput.split(whereSeparator: \.isNewline).compactMap(Self.ref)
            let address = variables.first("HOOK_PUSH_ADDRESS", "PRE_COMMIT_REMOTE_URL").map(Self.withoutSecrets)
            return GitPush(remote: Self.withoutSecrets(remote), address: address, refs: refs.isEmpty ? frameworkRefs : refs)
        }
        return nil
    }

    private var frameworkRefs: [GitPush.Ref] {
        guard let remote = variables["PRE_COMMIT_REMOTE_BRANCH"] else { return [] }
        return [
            GitPush.Ref(
                local: variables["PRE_COMMIT_LOCAL_BRANCH"],
                localObject: variables.first("PRE_COMMIT_TO_REF").flatMap(Self.object),
                remote: remote,
                remoteObject: variables.first("PRE_COMMIT_FROM_REF").flatMap(Self.object)
            )
        ]
    }

    /// A line of git's; `nil` where it is none.
    private static func ref(_ line: Substring) -> GitPush.Ref? {
        // What the user wrote for the local ref may hold spaces: `HEAD@{1 day ago}`.
        let parts = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4 else { return nil }
        let (id, remote, old) = (parts[parts.count - 3], parts[parts.count - 2], parts[parts.count - 1])
        guard GitHead.isCommit(id), GitHead.isCommit(old) else { return nil }
        let local = object(id)
        let name = parts.dropLast(3).joined(separator: " ")
        return GitPush.Ref(local: local == nil ? nil : name, localObject: local, remote: remote, remoteObject: object(old))
    }

    /// An object's ID; `nil` for the one of zeros, which stands for none.
    private static func object(_ text: String) -> String? { text.allSatisfy { $0 == "0" } ? nil : text }

    /// A remote's address without the user's name and password in it.
    private static func withoutSecrets(_ address: String) -> String {
        guard let scheme = address.firstRange(of: "://") else { return address }
        let rest = address[scheme.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        // The last one: a password may hold an `@`.
        guard let at = rest[..<end].lastIndex(of: "@") else { return address }
        return String(address[..<scheme.upperBound] + rest[rest.index(after: at)...])
    }
}
