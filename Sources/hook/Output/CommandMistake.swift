import ArgumentParser

/// A mistake on the command line that only shows when the command runs.
enum CommandMistake {
    /// Says what is wrong; the exit code to throw, 64 (EX_USAGE).
    ///
    /// ArgumentParser would show the usage of the whole program below it.
    static func exit(_ message: String) -> ExitCode {
        StandardStream.error.write("hook: error: \(message)\n")
        return ExitCode(64)
    }
}
