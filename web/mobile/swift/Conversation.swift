// One stream over one socket: audio out, results in, and what an end of the connection means.
//
// NOT COMPILED by this project's tests, which have no Swift: they parse it, and no more.

import Foundation

struct Conversation: Sendable {
    let socket: any StreamSocket
    let timing: Timing
    private let progress = Progress()

    init(socket: any StreamSocket, timing: Timing) {
        self.socket = socket
        self.timing = timing
    }

    /// What both sides have done so far.
    private actor Progress {
        private(set) var isOpen = false
        private(set) var hasEnded = false
        private(set) var heard = 0

        func open() { isOpen = true }
        func end() { hasEnded = true }
        func hear() { heard += 1 }
    }

    /// Everything that the server says, until it closes. Throws what it says, or what its close means.
    func listen(give: @Sendable ([TranscriptResult]) -> Void) async throws {
        var decoder = EventStreamDecoder()
        while let bytes = try await received() {
            await progress.open()
            await progress.hear()
            decoder.receive(bytes)
            while let message = try decoder.next() {
                let found = try results(of: message)
                if !found.isEmpty { give(found) }
            }
        }
        let hasEnded = await progress.hasEnded
        guard hasEnded else { throw ScribepassError.streamFailed(kind: "StreamEnded", said: "") }
        guard decoder.buffered == 0 else {
            throw MalformedStream(rule: .framing, said: "the stream ended inside a frame")
        }
    }

    private func received() async throws -> Data? {
        do {
            return try await socket.receive()
        } catch let malformed as MalformedStream {
            throw malformed
        } catch {
            // Only its number: the error itself holds the URL.
            let fault = error as NSError
            let isOpen = await progress.isOpen
            let kind = isOpen ? "ConnectionLost" : "ConnectionFailed"
            throw ScribepassError.streamFailed(kind: kind, said: "\(fault.domain) \(fault.code)")
        }
    }

    /// Sends the audio and its end; then the server may be silent for `timing.drain`, and no longer. Returns when the
    /// socket does not take more: why, `listen` finds out.
    func speak<Audio: AsyncSequence>(_ audio: Audio) async throws where Audio.Element == Data {
        var watch: Task<Void, Error>?
        defer { watch?.cancel() }
        for try await chunk in audio where !chunk.isEmpty {
            if watch == nil { watch = watched() }
            guard try await sent(chunk) else { return }
            watch?.cancel()
        }
        try Task.checkCancellation()
        await progress.end()
        guard try await sent(Data()) else { return }
        var before: Int
        var now = await progress.heard
        repeat {
            before = now
            try await Task.sleep(nanoseconds: UInt64(timing.drain * 1_000_000_000))
            now = await progress.heard
        } while now != before
        throw ScribepassError.streamFailed(kind: "DrainTimeout", said: "")
    }

    private func sent(_ pcm: Data) async throws -> Bool {
        let frame = try audioFrame(pcm)
        do {
            try await socket.send(frame)
        } catch {
            return false
        }
        await progress.open()
        return true
    }

    /// The first message goes out when the socket is open: if that takes too long, it is given up.
    private func watched() -> Task<Void, Error> {
        Task {
            try await Task.sleep(nanoseconds: UInt64(timing.connect * 1_000_000_000))
            socket.cancel()
        }
    }
}

/// A WebSocket of URLSession.
final class URLSessionSocket: StreamSocket {
    private let task: URLSessionWebSocketTask

    init(_ url: URL, session: URLSession) {
        task = session.webSocketTask(with: url)
        task.resume()
    }

    func send(_ frame: Data) async throws {
        try await task.send(.data(frame))
    }

    func receive() async throws -> Data? {
        let message: URLSessionWebSocketTask.Message
        do {
            message = try await task.receive()
        } catch {
            if await isClosed() { return nil }
            throw error
        }
        if case .data(let data) = message { return data }
        throw MalformedStream(rule: .framing, said: "a text message")
    }

    func cancel() {
        task.cancel()
    }

    /// Whether the server has closed. URLSession reports that as an error, and may note the code a moment later.
    private func isClosed() async -> Bool {
        if task.closeCode != .invalid { return true }
        try? await Task.sleep(nanoseconds: 100_000_000)
        return task.closeCode != .invalid
    }
}
