import HookKit
import OCI

/// The answer to `GET /system/df`, up to API 1.51.
struct WireDiskUsage: Decodable {
    struct Image: Decodable {
        let id: WireDigest
        let size: Int64?
        let sharedSize: Int64?

        enum CodingKeys: String, CodingKey {
            case id = "Id"
            case size = "Size"
            case sharedSize = "SharedSize"
        }
    }

    let layersSize: Int64?
    let images: [Image]?
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
