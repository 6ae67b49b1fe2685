/// When something last happened to an upload, and how large it is.
struct UploadAge {
    /// The latest of the moment in `startedat` and the times of the directory and its data, in nanoseconds since 1970.
    let newest: Int64
    /// How many bytes were received.
    let size: Int64

    /// Looks at an upload; one that lost its `startedat` or its data is as old as the rest says.
    init(calls: SystemCalls, scratch: WalkerScratch, name: EntryName, directory: Int32) throws(Errno) {
        let upload = try calls.openDirectory(scratch.path.path(name), in: directory)
        var newest = try calls.status(of: upload.number).modified
        var size: Int64 = 0
        do {
            let status = try calls.status(scratch.path.begin().add(RegistryLayout.data).pointer, in: upload.number)
            newest = max(newest, status.modified)
            size = status.size
        } catch  where error == .noSuchFile {
            // No byte was received yet.
        }
        do {
            let text = try scratch.readLink(calls, scratch.path.begin().add(RegistryLayout.startedAt).pointer, in: upload.number)
            // A text that is no time says nothing; the files' own times remain.
            if let started = Self.moment(text) { newest = max(newest, started) }
        } catch  where error == .noSuchFile {
            // The upload lost its `startedat`; a registry never purges it.
        }
        self.newest = newest
        self.size = size
    }

    /// Reads RFC 3339 in UTC, as Go's `time.RFC3339` writes it: `2006-01-02T15:04:05Z`.
    static func moment(_ text: UnsafeRawBufferPointer) -> Int64? {
        let bytes = Array(text)
        guard bytes.count >= 20, bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] == 0x54, bytes[13] == 0x3a, bytes[16] == 0x3a else {
            return nil
        }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        // Days from the civil date, counted from March so that a leap day comes last. An offset other than `Z` shifts the moment by less than a
        // day, against an age of days.
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        let (time, overflow) = (days * 86400 + hour * 3600 + minute * 60 + second).multipliedReportingOverflow(by: 1_000_000_000)
        // A time that does not fit lies in the far future, for which nothing goes; or in the far past, of which the year 0 is the end.
        return overflow ? (days > 0 ? .max : .min) : time
    }
}
