// A rule file imports HookKit and nothing else; the names of images, and values in JSON, are part of what it needs.
@_exported public import OCI
@_exported public import PluginWire
