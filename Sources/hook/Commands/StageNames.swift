import ArgumentParser
import PipelineFile

/// The names of the stages that a shell offers behind `--only` and `--skip`.
enum StageNames {
    /// Completes the name of a stage of the pipeline file that is named on the line, or of the one that `hook run` would find.
    static let completion = CompletionKind.custom { words, _, _ in names(words) }

    /// The names; none where there is no file, or one that cannot be read: whoever completes a word waits for no message.
    private static func names(_ words: [String]) -> [String] {
        let surroundings = ProcessSurroundings.current()
        // Behind an option, a file is that option's.
        let typed = zip(words, words.dropFirst()).first { before, word in
            !before.hasPrefix("-") && (word.hasSuffix(".yml") || word.hasSuffix(".yaml"))
        }
        guard let file = typed?.1 ?? PipelineFileFinder.find(from: surroundings.workingDirectory) else { return [] }
        let loader = PipelineLoader(
            settings: [:],
            environment: surroundings.environment,
            workingDirectory: surroundings.workingDirectory
        )
        return (try? loader.parse(file: file))?.stageNames ?? []
    }
}
