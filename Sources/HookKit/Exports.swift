// A rule file imports HookKit and nothing else; the names of images are part of what it needs.
@_exported public import OCI
