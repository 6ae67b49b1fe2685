/// Something that happens once, and that tasks wait for.
actor Signal {
    private var hasHappened = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Makes it happen.
    func send() {
        hasHappened = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    /// Waits until it has happened.
    func wait() async {
        guard !hasHappened else { return }
        await withCheckedContinuation { waiting.append($0) }
    }
}
