// Speech to text over a ticket: POST /presign, one WebSocket, results until the server closes it.
// iOS 15, macOS 12 and newer; Swift 5.9.
//
// NOT COMPILED by this project's tests, which have no Swift: they parse it, and no more.

import Foundation

/// An open WebSocket, or one that is being opened.
public protocol StreamSocket: Sendable {
    /// Sends a binary message, when the socket is open. Throws when it cannot be.
    func send(_ frame: Data) async throws
    /// The server's next binary message; nil after its close. Throws MalformedStream, or when the connection is lost.
    func receive() async throws -> Data?
    /// Ends the connection now, if it has not ended; what waits in `send` and `receive` then throws.
    func cancel()
}

/// The right to open one stream. Its URL is a secret that anybody could use: it is in no description.
public struct Ticket: Sendable, CustomStringConvertible, CustomReflectable {
    fileprivate let url: URL
    public let ticketId: String
    public let sessionId: String

    public var description: String { "Ticket(\(ticketId))" }
    public var customMirror: Mirror { Mirror(self, children: ["ticketId": ticketId]) }
}

/// A parameter of a stream: write a string, a number, or true.
public enum ParameterValue: Encodable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    case text(String)
    case number(Int)
    case flag(Bool)

    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .flag(value) }

    public func encode(to encoder: Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        }
    }
}

/// How long things may take, in seconds.
public struct Timing: Sendable {
    public var connect = 10.0
    public var drain = 5.0
    public var answer = 10.0
    public var closed = 2.0

    public init() {}
}

public final class ScribepassClient: Sendable {
    private let service: URL
    private let timing: Timing
    private let session: URLSession
    private let connect: @Sendable (URL) -> any StreamSocket
    private let headers: @Sendable () async throws -> [String: String]

    /// `service` is where `/presign` is, such as `https://tickets.example.com`. `headers` are asked for anew with each
    /// request: `["Authorization": "Bearer …"]`. `connect` is for tests.
    public init(
        service: URL,
        timing: Timing = Timing(),
        connect: (@Sendable (URL) -> any StreamSocket)? = nil,
        headers: @escaping @Sendable () async throws -> [String: String] = { [:] }
    ) {
        let configuration = URLSessionConfiguration.ephemeral
        // Of a WebSocket's silence: nobody may be speaking. Other requests have their own.
        configuration.timeoutIntervalForRequest = 14_400
        let session = URLSession(configuration: configuration)
        self.service = service
        self.timing = timing
        self.session = session
        if let connect {
            self.connect = connect
        } else {
            self.connect = { url in URLSessionSocket(url, session: session) }
        }
        self.headers = headers
    }

    deinit {
        session.finishTasksAndInvalidate()
    }

    /// The results of `audio`: signed 16-bit little-endian PCM, mono, 16 kHz, 100 ms in each Data. It ends when audio
    /// has ended and the last words have come, or with ScribepassError or MalformedStream. Not to iterate aborts.
    public func transcribe<Audio: AsyncSequence & Sendable>(
        _ audio: Audio, parameters: [String: ParameterValue] = ["language-code": "en-US"]
    ) -> AsyncThrowingStream<[TranscriptResult], Error> where Audio.Element == Data {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    let ticket = try await self.ticket(parameters)
                    // A task of its own: it is sent though this one was cancelled.
                    defer { Task { await self.closed(ticket) } }
                    try await self.stream(ticket, audio) { found in
                        _ = continuation.yield(found)
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// A fresh ticket. To go on with a stream that was lost: `parameters["ticket-id"] = .text(old.ticketId)`.
    public func ticket(_ parameters: [String: ParameterValue]) async throws -> Ticket {
        let usual: [String: ParameterValue] = ["media-encoding": "pcm", "sample-rate": 16_000]
        let body = try JSONEncoder().encode(usual.merging(parameters) { _, given in given })
        let request = try await self.request("presign", body: body, seconds: timing.answer)
        guard let (answer, response) = try? await session.data(for: request, delegate: RedirectRefusal()),
            let http = response as? HTTPURLResponse
        else {
            throw ScribepassError.ticketRefused(status: 0, problem: "", retryAfter: nil, said: "")
        }
        guard http.statusCode == 201 else { throw refusal(http, answer) }
        guard let wire = try? JSONDecoder().decode(WireTicket.self, from: answer),
            let url = URL(string: wire.url), url.scheme == "wss" || url.scheme == "ws"
        else {
            throw ScribepassError.ticketRefused(status: 201, problem: "", retryAfter: nil, said: "This is no ticket.")
        }
        return Ticket(url: url, ticketId: wire.ticket_id, sessionId: wire.session_id)
    }

    /// One stream over `ticket`, like `transcribe`; whoever calls this calls `closed` when it is over.
    public func stream<Audio: AsyncSequence & Sendable>(
        _ ticket: Ticket, _ audio: Audio, give: @escaping @Sendable ([TranscriptResult]) -> Void
    ) async throws where Audio.Element == Data {
        let socket = connect(ticket.url)
        let conversation = Conversation(socket: socket, timing: timing)
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Bool.self, returning: Void.self) { group in
                // A socket's receive() is deaf to cancellation: only the end of the socket ends it.
                defer {
                    socket.cancel()
                    group.cancelAll()
                }
                group.addTask {
                    try await conversation.listen(give: give)
                    return true
                }
                group.addTask {
                    try await conversation.speak(audio)
                    return false
                }
                while let isOver = try await group.next() {
                    if isOver { break }
                }
            }
        } onCancel: {
            socket.cancel()
        }
    }

    /// Tells the service that the ticket's session is over: until then it counts. Where that fails its lease ends.
    public func closed(_ ticket: Ticket) async {
        let path = "sessions/\(ticket.ticketId)/closed"
        guard let request = try? await self.request(path, body: nil, seconds: timing.closed) else { return }
        _ = try? await session.data(for: request, delegate: RedirectRefusal())
    }

    private func request(_ path: String, body: Data?, seconds: Double) async throws -> URLRequest {
        var request = URLRequest(url: service.appendingPathComponent(path), timeoutInterval: seconds)
        request.httpMethod = "POST"
        request.cachePolicy = .reloadIgnoringLocalCacheData
        for (name, value) in try await headers() {
            request.setValue(value, forHTTPHeaderField: name)
        }
        if let body {
            request.httpBody = body
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        return request
    }
}

/// Redirects are not followed: the key goes nowhere else.
private final class RedirectRefusal: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}

private struct WireTicket: Decodable {
    let url: String
    let ticket_id: String
    let session_id: String
}

/// Problem details, RFC 9457.
private struct WireProblem: Decodable {
    struct Fault: Decodable {
        let field: String?
        let message: String?
    }

    let code: String?
    let detail: String?
    let problems: [Fault]?
}

private func refusal(_ response: HTTPURLResponse, _ answer: Data) -> ScribepassError {
    let problem = try? JSONDecoder().decode(WireProblem.self, from: answer)
    let faults = (problem?.problems ?? []).map { "\($0.field ?? ""): \($0.message ?? "")" }
    return .ticketRefused(
        status: response.statusCode,
        problem: problem?.code ?? "",
        retryAfter: response.value(forHTTPHeaderField: "Retry-After").flatMap { Int($0) },
        said: ([problem?.detail ?? ""] + faults).filter { !$0.isEmpty }.joined(separator: "\n")
    )
}
