/// Our end of a conversation with a program: what it reads.
package struct ProgramInput: Sendable {
    private let pump: ConversationPump

    init(pump: ConversationPump) { self.pump = pump }

    /// Hands bytes to the program, which reads them when it likes; nothing happens when it does not read any more.
    package func write(_ bytes: [UInt8]) { pump.write(bytes) }
}
