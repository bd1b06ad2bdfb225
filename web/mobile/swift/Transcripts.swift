// What is said on a stream: audio to Transcribe, transcripts and failures from it; and every error of this client.
//
// NOT COMPILED by this project's tests, which have no Swift: they parse it, and no more.

import Foundation

/// Every error of this client but MalformedStream, and what the audio's own source throws. None holds a ticket's URL.
public enum ScribepassError: Error, Equatable {
    /// The service gave no ticket. `status` is 0 when it could not be reached, `problem` its code for why, `retryAfter`
    /// seconds if it named them, `said` what it said about it: plain text.
    case ticketRefused(status: Int, problem: String, retryAfter: Int?, said: String)
    /// Transcribe ended the stream, or the connection was lost: `kind` is AWS's exception name or one of ours.
    case streamFailed(kind: String, said: String)
}

extension ScribepassError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .ticketRefused(0, _, _, _):
            return "The service cannot be reached. Check the network."
        case .ticketRefused(let status, _, let retryAfter, _):
            return "The service did not give a ticket (\(status))." + ScribepassError.advice(status, retryAfter)
        case .streamFailed(let kind, _):
            return ScribepassError.words(kind)
        }
    }

    private static func advice(_ status: Int, _ retryAfter: Int?) -> String {
        switch status {
        case 201: return " Is its address right?"
        case 401: return " It needs a valid API key or token."
        case 403: return " Ask whoever runs this service for permission."
        case 429, 503: return retryAfter.map { " It asks to wait \($0) s." } ?? " Try again in a minute."
        default: return ""
        }
    }

    private static func words(_ kind: String) -> String {
        switch kind {
        case "BadRequestException": return "Transcribe did not accept the stream."
        case "LimitExceededException":
            return "Too many transcriptions are running at the moment. Wait a minute, then start again."
        case "InternalFailureException": return "Transcribe had a fault of its own. Start again to go on."
        case "ServiceUnavailableException":
            return "Transcribe is not available at the moment. Wait a minute, then start again."
        case "ConflictException": return "Another stream took this one's place. Start again to go on."
        case "AccessDeniedException", "UnrecognizedClientException": return "Transcribe did not allow this stream."
        case "ConnectionFailed": return "Transcribe does not answer. Perhaps the network blocks port 8443."
        case "ConnectionLost": return "The connection to Transcribe was lost. Start again to go on."
        case "DrainTimeout": return "Transcribe did not finish in time. The last words may be missing."
        default: return "Transcribe ended the stream. Start again to go on."
        }
    }
}

extension MalformedStream: LocalizedError {
    public var errorDescription: String? { "The server's answer could not be read. Start again." }
}

/// A word or a mark. Times are seconds since the stream began.
public struct Item: Equatable, Sendable {
    public let content: String
    public let isWord: Bool
    public let startTime: Double
    public let endTime: Double
    public let confidence: Double?
    public let speaker: String?
}

/// A segment of speech. A later result with the same `id` replaces it, until one of them is not partial.
public struct TranscriptResult: Equatable, Sendable, Identifiable {
    public let id: String
    public let isPartial: Bool
    public let startTime: Double
    public let endTime: Double
    public let text: String
    public let items: [Item]
    public let channel: String?
    public let language: String?
}

/// Everything heard, in the order in which it began.
public struct Transcript: Equatable, Sendable {
    public private(set) var segments: [TranscriptResult] = []

    public init() {}

    /// What was said, a line for each segment.
    public var text: String { segments.map(\.text).joined(separator: "\n") }

    /// Each result replaces the partial one with its id; what is final stays.
    public mutating func add(_ results: [TranscriptResult]) {
        for result in results {
            if let at = segments.firstIndex(where: { $0.id == result.id }) {
                if !segments[at].isPartial { continue }
                segments.remove(at: at)
            }
            if result.text.isEmpty { continue }
            let at = segments.firstIndex { $0.startTime > result.startTime } ?? segments.endIndex
            segments.insert(result, at: at)
        }
    }
}

/// The frame that carries `pcm`. An empty one is the end of the audio.
public func audioFrame(_ pcm: Data) throws -> Data {
    let headers = [
        Header(":content-type", .text("application/octet-stream")),
        Header(":event-type", .text("AudioEvent")),
        Header(":message-type", .text("event")),
    ]
    return try encode(Message(headers: headers, payload: pcm))
}

/// The results of a message; none if it is an event that is not known here. Throws what an exception says.
public func results(of message: Message) throws -> [TranscriptResult] {
    switch try message.text(":message-type") {
    case "event":
        return try message.text(":event-type") == "TranscriptEvent" ? message.transcript() : []
    case "exception":
        let kind = try message.text(":exception-type")
        throw ScribepassError.streamFailed(kind: kind, said: message.said())
    case "error":
        let kind = try message.text(":error-code")
        let said = try message.text(":error-message")
        throw ScribepassError.streamFailed(kind: kind, said: said)
    default:
        throw MalformedStream(rule: .header, said: "a message of an unknown type")
    }
}

extension Message {
    fileprivate func text(_ name: String) throws -> String {
        for header in headers where header.name == name {
            if case .text(let text) = header.value { return text }
        }
        throw MalformedStream(rule: .header, said: "no \(name)")
    }

    fileprivate func transcript() throws -> [TranscriptResult] {
        do {
            let event = try JSONDecoder().decode(WireEvent.self, from: payload)
            return (event.Transcript.Results ?? []).map(\.result)
        } catch {
            throw MalformedStream(rule: .payload, said: "a transcript that is not one")
        }
    }

    fileprivate func said() -> String {
        let failure = try? JSONDecoder().decode(WireFailure.self, from: payload)
        return failure?.Message ?? failure?.message ?? ""
    }
}

// AWS's JSON, with AWS's names.

private struct WireFailure: Decodable {
    let Message: String?
    let message: String?
}

private struct WireEvent: Decodable {
    let Transcript: WireTranscript
}

private struct WireTranscript: Decodable {
    let Results: [WireResult]?
}

private struct WireResult: Decodable {
    let ResultId: String
    let IsPartial: Bool?
    let StartTime: Double
    let EndTime: Double
    let Alternatives: [WireAlternative]?
    let ChannelId: String?
    let LanguageCode: String?

    var result: TranscriptResult {
        TranscriptResult(
            id: ResultId,
            isPartial: IsPartial ?? false,
            startTime: StartTime,
            endTime: EndTime,
            text: Alternatives?.first?.Transcript ?? "",
            items: (Alternatives?.first?.Items ?? []).map(\.item),
            channel: ChannelId,
            language: LanguageCode
        )
    }
}

private struct WireAlternative: Decodable {
    let Transcript: String?
    let Items: [WireItem]?
}

private struct WireItem: Decodable {
    let Content: String?
    let kind: String?
    let StartTime: Double
    let EndTime: Double
    let Confidence: Double?
    let Speaker: String?

    enum CodingKeys: String, CodingKey {
        case Content, StartTime, EndTime, Confidence, Speaker
        case kind = "Type" // a word of Swift's own
    }

    var item: Item {
        Item(
            content: Content ?? "",
            isWord: kind != "punctuation",
            startTime: StartTime,
            endTime: EndTime,
            confidence: Confidence,
            speaker: Speaker
        )
    }
}
