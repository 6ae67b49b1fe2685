/// Finds the known name that a mistyped one was probably meant to be.
public enum NearestName {
    /// The known name with the smallest edit distance, where that is small enough to be a typing mistake; the first of several.
    public static func suggestion(for name: String, among known: some Sequence<String>) -> String? {
        // Of a name of one or two letters every other short name is near.
        guard name.count > 2 else { return nil }
        let limit = max(1, name.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in known {
            guard abs(candidate.count - name.count) <= limit else { continue }
            let distance = editDistance(Array(name.lowercased()), Array(candidate.lowercased()))
            if distance <= limit, distance < (best?.distance ?? .max) { best = (candidate, distance) }
        }
        return best?.name
    }

    /// `; did you mean 'x'?` where there is a near name, else the list of valid names where they are few, else nothing.
    public static func hint(for name: String, among known: [String]) -> String {
        if let near = suggestion(for: name, among: known) { return "; did you mean '\(near)'?" }
        guard !known.isEmpty, known.count <= 16 else { return "" }
        return "; valid: \(known.joined(separator: ", "))"
    }

    /// The optimal string alignment distance: insertions, deletions, substitutions and transpositions of neighbours.
    static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
        var twoBack = [Int](repeating: 0, count: right.count + 1)
        var back = Array(0...right.count)
        for (i, character) in left.enumerated() {
            var row = [i + 1]
            for (j, other) in right.enumerated() {
                var cost = min(back[j + 1] + 1, row[j] + 1, back[j] + (character == other ? 0 : 1))
                if i > 0, j > 0, character == right[j - 1], left[i - 1] == other { cost = min(cost, twoBack[j - 1] + 1) }
                row.append(cost)
            }
            twoBack = back
            back = row
        }
        return back[right.count]
    }
}
