extension SweepPlan {
    /// Says of a deletion what it leaves because it is young; `nil` where there is nothing of that kind.
    ///
    /// `age` is the age below which things stay, as the user wrote it.
    func youngNote(_ age: String) -> String? {
        guard policy.deletion != nil, youngLayers + youngBlobs > 0 else { return nil }
        let words = { (count: Int, noun: String) in "\(count) \(noun)\(count == 1 ? "" : "s")" }
        let subject: String
        switch (youngLayers, youngBlobs) {
        case (0, let blobs): subject = words(blobs, "blob")
        case (let layers, 0): subject = "\(words(layers, "layer link")), with \(layers == 1 ? "its blob" : "their blobs"),"
        case (let layers, let blobs):
            subject = "\(words(layers, "layer link")), with \(layers == 1 ? "its blob" : "their blobs"), and \(words(blobs, "other blob"))"
        }
        let isOne = youngLayers + youngBlobs == 1
        return
            "\(subject) \(isOne ? "is" : "are") younger than 'min-age' (\(age)) and \(isOne ? "stays" : "stay"); a later registry-gc frees "
            + "what nothing needs then"
    }
}
