/// The members of an object that were read already.
struct SeenMembers: OptionSet {
    let rawValue: UInt16

    /// Notes a member by its number; throws for one that is there twice.
    mutating func note(_ number: UInt16) throws(PlainJSON.NotPlain) {
        guard insert(SeenMembers(rawValue: 1 << number)).inserted else { throw PlainJSON.NotPlain() }
    }
}
