import FoundationEssentials

extension WireDiskUsage {
    /// Reads an answer; `nil` where it is not as engines write it, and the decoder has to say what it is.
    ///
    /// Of the images, which are thousands, little is asked. The build cache and the volumes are the decoder's.
    static func plain(_ document: UnsafeRawBufferPointer) -> WireDiskUsage? {
        var layersSize: Int64?
        var images: [Image]?
        var buildCache: Data?
        var volumes: Data?
        let isPlain: Void? = PlainJSON.read(document) { reader throws(PlainJSON.NotPlain) in
            var seen = SeenMembers()
            try reader.object { reader, name throws(PlainJSON.NotPlain) in
                switch name {
                case "LayersSize":
                    try seen.note(0)
                    layersSize = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.integer() }
                case "Images":
                    try seen.note(1)
                    images = try reader.optional { reader throws(PlainJSON.NotPlain) in
                        var images: [Image] = []
                        try reader.array { reader throws(PlainJSON.NotPlain) in images.append(try Image(plain: &reader)) }
                        return images
                    }
                case "BuildCache":
                    try seen.note(2)
                    buildCache = EngineAnswer.repaired(try reader.skip())
                case "Volumes":
                    try seen.note(3)
                    volumes = EngineAnswer.repaired(try reader.skip())
                default: try reader.skip()
                }
            }
        }
        guard isPlain != nil else { return nil }
        let decoder = JSONDecoder()
        do {
            return WireDiskUsage(
                layersSize: layersSize,
                images: images,
                buildCache: try buildCache.flatMap { try decoder.decode([WireBuildCacheRecord]?.self, from: $0) },
                volumes: try volumes.flatMap { try decoder.decode([WireVolume]?.self, from: $0) }
            )
        } catch {
            // The decoder of the whole answer says where in it the mistake is.
            return nil
        }
    }
}

extension WireDiskUsage.Image {
    fileprivate init(plain reader: inout PlainJSON) throws(PlainJSON.NotPlain) {
        var id: WireDigest?
        var size: Int64?
        var sharedSize: Int64?
        var seen = SeenMembers()
        try reader.object { reader, name throws(PlainJSON.NotPlain) in
            switch name {
            case "Id":
                try seen.note(0)
                id = try WireDigest(plain: &reader)
            case "Size":
                try seen.note(1)
                size = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.integer() }
            case "SharedSize":
                try seen.note(2)
                sharedSize = try reader.optional { reader throws(PlainJSON.NotPlain) in try reader.integer() }
            default: try reader.skip()
            }
        }
        guard let id else { throw PlainJSON.NotPlain() }
        self.init(id: id, size: size, sharedSize: sharedSize)
    }
}
