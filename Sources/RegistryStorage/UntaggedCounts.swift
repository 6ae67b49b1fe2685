/// How many manifests a collection leaves although no tag reaches them, by the setting that keeps them: directly, or what such a manifest needs.
struct UntaggedCounts: Sendable {
    /// By `delete-untagged`, which is false.
    var always = 0
    /// By `min-age`.
    var young = 0
    /// By `keep-last`.
    var newest = 0
    /// By `older-than`.
    var recent = 0
    /// By a run in the trash that may still be put back: what it took names them, or they belong to it.
    var held = 0
}
