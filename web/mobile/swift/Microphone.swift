// The microphone of an iPhone as 16 kHz, 16-bit, mono PCM. Info.plist needs NSMicrophoneUsageDescription.
//
// NOT COMPILED by this project's tests, which have no Swift: they parse it, and no more.

#if os(iOS)
import AVFoundation

public enum MicrophoneError: Error { case unavailable }

/// One recording. `start` after the user has given the permission; `stop` lets the device go and ends the audio.
public final class Microphone {
    private let engine = AVAudioEngine()
    private var end: (() -> Void)?

    public init() {}

    /// 100 ms of PCM at a time.
    public func start() throws -> AsyncStream<Data> {
        let audio = AVAudioSession.sharedInstance()
        try audio.setCategory(.record, mode: .measurement)
        try audio.setActive(true)
        let native = engine.inputNode.outputFormat(forBus: 0)
        guard native.sampleRate > 0, let resampler = Resampler(from: native) else {
            throw MicrophoneError.unavailable
        }
        let (stream, continuation) = AsyncStream<Data>.makeStream()
        engine.inputNode.installTap(onBus: 0, bufferSize: 4096, format: native) { buffer, _ in
            for chunk in resampler.chunks(of: buffer) {
                continuation.yield(chunk)
            }
        }
        end = {
            if let rest = resampler.rest() { continuation.yield(rest) }
            continuation.finish()
        }
        engine.prepare()
        try engine.start()
        return stream
    }

    public func stop() {
        engine.inputNode.removeTap(onBus: 0)
        engine.stop()
        end?()
        end = nil
    }
}

/// Any rate to the wire's. Used by the tap alone while it runs, and by `stop` after it.
private final class Resampler: @unchecked Sendable {
    private static let chunkBytes = 3200
    private let converter: AVAudioConverter
    private let wire: AVAudioFormat
    private var pending = Data()
    private var offered: AVAudioPCMBuffer?

    init?(from native: AVAudioFormat) {
        guard
            let wire = AVAudioFormat(commonFormat: .pcmFormatInt16, sampleRate: 16_000, channels: 1, interleaved: true),
            let converter = AVAudioConverter(from: native, to: wire)
        else { return nil }
        self.wire = wire
        self.converter = converter
    }

    /// The whole chunks that are there by now.
    func chunks(of buffer: AVAudioPCMBuffer) -> [Data] {
        pending.append(converted(buffer))
        var chunks: [Data] = []
        while pending.count >= Resampler.chunkBytes {
            chunks.append(Data(pending.prefix(Resampler.chunkBytes)))
            pending = Data(pending.dropFirst(Resampler.chunkBytes))
        }
        return chunks
    }

    /// The last, shorter chunk.
    func rest() -> Data? {
        pending.isEmpty ? nil : pending
    }

    private func converted(_ buffer: AVAudioPCMBuffer) -> Data {
        let ratio = wire.sampleRate / buffer.format.sampleRate
        let frames = AVAudioFrameCount(Double(buffer.frameLength) * ratio) + 1024
        guard let output = AVAudioPCMBuffer(pcmFormat: wire, frameCapacity: frames) else { return Data() }
        var fault: NSError?
        offered = buffer
        let status = converter.convert(to: output, error: &fault) { _, inputStatus in
            let next = self.offered
            self.offered = nil
            inputStatus.pointee = next == nil ? .noDataNow : .haveData
            return next
        }
        guard status != .error, let samples = output.int16ChannelData else { return Data() }
        return Data(bytes: samples[0], count: Int(output.frameLength) * 2)
    }
}
#endif
