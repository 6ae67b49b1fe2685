import PluginWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension RulePlugin {
    /// Runs the plugin as an executable of its own: speaks with hook on standard input and output until hook has nothing more to say.
    ///
    /// With `@main` on a type that conforms to `RulePlugin`, this is all that a plugin in Swift needs.
    public static func main() async {
        let registered = rules.map { RegisteredRule($0, origin: name) }
        guard !StandardStreams.isTerminal else {
            let names = registered.map(\.name).joined(separator: ", ")
            StandardStreams.complain("\(name) is a plugin of hook, with the rules: \(names)\nName it under 'plugins' in a pipeline file.")
            exit(64)
        }
        let streams = StandardStreams.take()
        let output = LineOutput(descriptor: streams.output)
        let (messages, continuation) = AsyncStream.makeStream(of: WireMessage.self)
        BackgroundThread.start {
            StandardStreams.readLines(from: streams.input) { line in
                do throws(WireMistake) {
                    continuation.yield(try WireMessage(line: line))
                } catch {
                    let failure = WireFailure(code: PluginProtocol.ErrorCode.invalidRequest, message: "a line is no message: \(error)")
                    output.add(WireMessage.failure(id: nil, failure).line)
                }
            }
            continuation.finish()
            StandardStreams.endSoon()
        }
        let now: @Sendable () -> Timestamp = {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
        }
        let server = PluginServer(name: name, version: version, rules: registered, now: now) { output.add($0) }
        await server.serve(messages)
        output.flush()
    }
}
