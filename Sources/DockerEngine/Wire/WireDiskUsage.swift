import HookKit
import OCI

/// The answer to `GET /system/df`, up to API 1.51.
struct WireDiskUsage: Decodable {
    let layersSize: Int64?
    let images: [WireImage]?
    let buildCache: [WireBuildCacheRecord]?
    let volumes: [WireVolume]?

    enum CodingKeys: String, CodingKey {
        case layersSize = "LayersSize"
        case images = "Images"
        case buildCache = "BuildCache"
        case volumes = "Volumes"
    }

    /// The usage.
    func usage(isPodman: Bool) throws(WireFailure) -> EngineDiskUsage {
        var sharedSizes: [Digest: ByteSize] = [:]
        for image in images ?? [] {
            guard let shared = image.sharedSize, shared >= 0 else { continue }
            sharedSizes[try image.id.required()] = ByteSize(bytes: shared)
        }
        var volumeSizes: [String: ByteSize] = [:]
        for volume in volumes ?? [] {
            guard let size = volume.usage?.size, size >= 0 else { continue }
            volumeSizes[volume.name] = ByteSize(bytes: size)
        }
        var records: [BuildCacheRecord] = []
        for record in buildCache ?? [] { records.append(try record.record()) }
        return EngineDiskUsage(
            layers: isPodman ? leastSizeOfLayers : ByteSize(bytes: layersSize ?? 0),
            sharedSizes: sharedSizes,
            buildCache: records,
            volumeSizes: volumeSizes
        )
    }

    /// The images, where the answer has all of them.
    ///
    /// Engines before API 1.42 list what `docker images` shows, which is all but the intermediate images (moby 20.10, `daemon/disk_usage.go`). Each of
    /// those has a descendant in the list, and the first one on the way there has a parent that the list does not have.
    func listing() throws(WireFailure) -> [EngineImage]? {
        guard let images else { return nil }
        let listing = try WireImage.images(images)
        let known = Set(listing.map(\.id))
        return listing.allSatisfy { $0.parent.map(known.contains) ?? true } ? listing : nil
    }

    /// The least that the layers can take: what each image has alone, and the largest amount that one of them shares.
    ///
    /// Podman writes 0 as the size of the layers, and lists an image once for each of its tags.
    private var leastSizeOfLayers: ByteSize {
        var seen: Set<WireDigest> = []
        var total = ByteSize.zero
        var largestShared = ByteSize.zero
        for image in images ?? [] where seen.insert(image.id).inserted {
            let shared = ByteSize(bytes: image.sharedSize ?? 0)
            total += ByteSize(bytes: image.size ?? 0) - shared
            largestShared = max(largestShared, shared)
        }
        return total + largestShared
    }
}
