#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Our end of a conversation with a program: what it reads, and signals to its session.
package struct ProgramInput: Sendable {
    private let pump: ConversationPump
    private let kill: @Sendable (Int32) -> Void

    init(pump: ConversationPump, kill: @escaping @Sendable (Int32) -> Void) {
        self.pump = pump
        self.kill = kill
    }

    /// Hands bytes to the program, which reads them when it likes; nothing happens when it does not read any more.
    package func write(_ bytes: [UInt8]) { pump.write(bytes) }

    /// Sends SIGTERM to every process in the program's session.
    ///
    /// - Warning: only while the conversation lasts.
    package func terminate() { kill(SIGTERM) }

    /// Sends SIGKILL to every process in the program's session.
    ///
    /// - Warning: only while the conversation lasts.
    package func killNow() { kill(SIGKILL) }
}
