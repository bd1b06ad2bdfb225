// application/vnd.amazon.eventstream, both directions. Pure: the standard library, and Foundation's Data and UUID.
//
//     uint32 total length · uint32 headers length · uint32 CRC-32 of these 8 bytes
//     headers · payload · uint32 CRC-32 of everything before it          (all big endian)
//
// A header is: uint8 length of the name · name in UTF-8 · uint8 type · value.
//
// NOT COMPILED by this project's tests, which have no Swift: they parse it, and no more. Run vectors.json first.

import Foundation

/// The value of a header: the format has ten types, two of which are `flag`.
public enum HeaderValue: Equatable, Sendable {
    case flag(Bool)
    case int8(Int8)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    case bytes(Data)
    case text(String)
    /// Since 1970, in the years 1 to 9999.
    case timestamp(milliseconds: Int64)
    case uuid(UUID)
}

public struct Header: Equatable, Sendable {
    public let name: String
    public let value: HeaderValue

    public init(_ name: String, _ value: HeaderValue) {
        self.name = name
        self.value = value
    }
}

/// One message: its headers in their order, and its payload.
public struct Message: Equatable, Sendable {
    public let headers: [Header]
    public let payload: Data

    public init(headers: [Header], payload: Data) {
        self.headers = headers
        self.payload = payload
    }
}

/// The most that is accepted, in bytes and in headers of one message.
public struct Limits: Sendable {
    public let message: Int
    public let headers: Int
    public let count: Int
    public let value: Int

    public init(message: Int, headers: Int, count: Int, value: Int) {
        self.message = message
        self.headers = headers
        self.count = count
        self.value = value
    }

    /// What AWS's own clients accept.
    public static let format = Limits(message: 24 * 1024 * 1024, headers: 128 * 1024, count: 1024, value: 32_767)
    /// What Transcribe needs, with room: an event has three headers and a few KiB.
    public static let transcribe = Limits(message: 1024 * 1024, headers: 16 * 1024, count: 64, value: 32_767)
}

/// What was received is no event stream: the rule that it breaks, and how.
public struct MalformedStream: Error, Equatable {
    public enum Rule: String, Sendable { case checksum, framing, header, limit, payload }

    public let rule: Rule
    public let said: String
}

/// What the format cannot hold: a message that is too long, a name that is empty, a date outside the years 1 to 9999.
public struct UnencodableMessage: Error {}

private let preludeBytes = 12
private let overheadBytes = 16
/// 0001-01-01 to 9999-12-31.
private let timestamps: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

/// One whole frame.
public func encode(_ message: Message) throws -> Data {
    let limits = Limits.format
    var headers: [UInt8] = []
    for header in message.headers {
        headers += try encodeHeader(header)
    }
    let total = overheadBytes + headers.count + message.payload.count
    guard message.headers.count <= limits.count, headers.count <= limits.headers, total <= limits.message else {
        throw UnencodableMessage()
    }
    var frame: [UInt8] = []
    frame.reserveCapacity(total)
    frame += bigEndian(UInt32(total))
    frame += bigEndian(UInt32(headers.count))
    frame += bigEndian(crc32(frame))
    frame += headers
    frame += message.payload
    frame += bigEndian(crc32(frame))
    return Data(frame)
}

/// Bytes in, messages out, however they are cut. Broken once broken: the first fault comes again and again.
public struct EventStreamDecoder: Sendable {
    private let limits: Limits
    private var held: [UInt8] = []
    private var start = 0
    private var fault: MalformedStream?

    public init(limits: Limits = .transcribe) {
        self.limits = limits
    }

    /// How many bytes of an unfinished frame are held: 0 at a clean boundary.
    public var buffered: Int { held.count - start }

    public mutating func receive(_ bytes: Data) {
        if fault != nil { return }
        // What was read goes when it is half of what is held: so no byte is moved often.
        if start > 0 && 2 * start >= held.count {
            held.removeFirst(start)
            start = 0
        }
        held.append(contentsOf: bytes)
    }

    /// The next whole message, or nil: more bytes are needed. Throws MalformedStream.
    public mutating func next() throws -> Message? {
        if let fault { throw fault }
        do {
            return try read()
        } catch let found as MalformedStream {
            fault = found
            held = []
            start = 0
            throw found
        }
    }

    private mutating func read() throws -> Message? {
        if buffered < preludeBytes { return nil }
        let lengths = held[start..<start + 8]
        let checksum: UInt32 = integer(held[start + 8..<start + preludeBytes])
        guard checksum == crc32(lengths) else {
            throw MalformedStream(rule: .checksum, said: "the prelude's checksum does not match")
        }
        let total: UInt32 = integer(lengths.prefix(4))
        let headers: UInt32 = integer(lengths.suffix(4))
        try check(total: UInt64(total), headers: UInt64(headers))
        if buffered < Int(total) { return nil }
        let frame = Array(held[start..<start + Int(total)])
        start += Int(total)
        return try readMessage(frame, headersLength: Int(headers), limits: limits)
    }

    /// The lengths, before anything is read or waited for on their word.
    private func check(total: UInt64, headers: UInt64) throws {
        if total < UInt64(overheadBytes) {
            throw MalformedStream(rule: .framing, said: "a frame cannot have \(total) bytes")
        }
        if headers > total - UInt64(overheadBytes) {
            throw MalformedStream(rule: .framing, said: "\(headers) bytes of headers in a frame of \(total)")
        }
        if total > UInt64(limits.message) {
            throw MalformedStream(rule: .limit, said: "a message of \(total) bytes")
        }
        if headers > UInt64(limits.headers) {
            throw MalformedStream(rule: .limit, said: "\(headers) bytes of headers")
        }
    }
}

private func readMessage(_ frame: [UInt8], headersLength: Int, limits: Limits) throws -> Message {
    let end = frame.count - 4
    let checksum: UInt32 = integer(frame[end..<frame.count])
    guard checksum == crc32(frame[0..<end]) else {
        throw MalformedStream(rule: .checksum, said: "the message's checksum does not match")
    }
    let payloadStart = preludeBytes + headersLength
    var reader = HeaderReader(block: Array(frame[preludeBytes..<payloadStart]), limits: limits)
    let headers = try reader.headers()
    return Message(headers: headers, payload: Data(frame[payloadStart..<end]))
}

/// Reads from one block of headers, front to back; no read can leave it.
private struct HeaderReader {
    let block: [UInt8]
    let limits: Limits
    var at = 0

    init(block: [UInt8], limits: Limits) {
        self.block = block
        self.limits = limits
    }

    mutating func headers() throws -> [Header] {
        var headers: [Header] = []
        // Bytes are compared, not Strings: to Swift an accent of its own equals one that is part of its letter.
        var names: Set<[UInt8]> = []
        while at < block.count {
            if headers.count == limits.count { throw MalformedStream(rule: .limit, said: "too many headers") }
            let length: UInt8 = try number()
            let encodedName = try take(Int(length))
            if encodedName.isEmpty { throw MalformedStream(rule: .header, said: "a header has no name") }
            let value = try readValue()
            let name = try decodeText(encodedName)
            guard names.insert(encodedName).inserted else {
                throw MalformedStream(rule: .header, said: "a header is there twice")
            }
            headers.append(Header(name, value))
        }
        return headers
    }

    private mutating func readValue() throws -> HeaderValue {
        let type: UInt8 = try number()
        switch type {
        case 0: return .flag(true)
        case 1: return .flag(false)
        case 2: return .int8(try number())
        case 3: return .int16(try number())
        case 4: return .int32(try number())
        case 5: return .int64(try number())
        case 6: return .bytes(Data(try takeSized()))
        case 7:
            let encoded = try takeSized()
            return .text(try decodeText(encoded))
        case 8: return .timestamp(milliseconds: try timestamp())
        case 9: return .uuid(try uuid())
        default: throw MalformedStream(rule: .header, said: "there is no header type \(type)")
        }
    }

    private mutating func take(_ length: Int) throws -> [UInt8] {
        guard length <= block.count - at else {
            throw MalformedStream(rule: .header, said: "a header reaches past the end of the headers")
        }
        let taken = Array(block[at..<at + length])
        at += length
        return taken
    }

    private mutating func number<Number: FixedWidthInteger>() throws -> Number {
        let bytes = try take(Number.bitWidth / 8)
        return integer(bytes)
    }

    private mutating func takeSized() throws -> [UInt8] {
        let length: UInt16 = try number()
        if Int(length) > limits.value {
            throw MalformedStream(rule: .limit, said: "a header's value of \(length) bytes")
        }
        return try take(Int(length))
    }

    private mutating func timestamp() throws -> Int64 {
        let milliseconds: Int64 = try number()
        guard timestamps.contains(milliseconds) else {
            throw MalformedStream(rule: .header, said: "a date outside the years 1 to 9999")
        }
        return milliseconds
    }

    private mutating func uuid() throws -> UUID {
        let b = try take(16)
        return UUID(uuid: (
            b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
        ))
    }
}

/// String(decoding:) repairs what is not UTF-8 instead of refusing it; the bytes tell.
private func decodeText(_ bytes: [UInt8]) throws -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard Array(text.utf8) == bytes else {
        throw MalformedStream(rule: .header, said: "a name or a text is not UTF-8")
    }
    return text
}

private func encodeHeader(_ header: Header) throws -> [UInt8] {
    let name = Array(header.name.utf8)
    guard let length = UInt8(exactly: name.count), length > 0 else { throw UnencodableMessage() }
    let value = try encodeValue(header.value)
    return [length] + name + value
}

private func encodeValue(_ value: HeaderValue) throws -> [UInt8] {
    switch value {
    case .flag(let flag): return [flag ? 0 : 1]
    case .int8(let number): return [2] + bigEndian(number)
    case .int16(let number): return [3] + bigEndian(number)
    case .int32(let number): return [4] + bigEndian(number)
    case .int64(let number): return [5] + bigEndian(number)
    case .bytes(let data): return try sized(6, Array(data))
    case .text(let text): return try sized(7, Array(text.utf8))
    case .timestamp(let milliseconds):
        guard timestamps.contains(milliseconds) else { throw UnencodableMessage() }
        return [8] + bigEndian(milliseconds)
    case .uuid(let uuid):
        let bytes: [UInt8] = withUnsafeBytes(of: uuid.uuid) { Array($0) }
        return [9] + bytes
    }
}

private func sized(_ type: UInt8, _ value: [UInt8]) throws -> [UInt8] {
    guard value.count <= Limits.format.value else { throw UnencodableMessage() }
    return [type] + bigEndian(UInt16(value.count)) + value
}

private func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

/// The integer of exactly these bytes, the highest first.
private func integer<Number: FixedWidthInteger, Bytes: Sequence>(_ bytes: Bytes) -> Number
where Bytes.Element == UInt8 {
    var number: Number = 0
    for byte in bytes {
        number = number << 8 | Number(truncatingIfNeeded: byte)
    }
    return number
}

private let crcTable: [UInt32] = {
    var table: [UInt32] = []
    for index in UInt32(0)..<256 {
        var crc = index
        for _ in 0..<8 {
            crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1
        }
        table.append(crc)
    }
    return table
}()

/// CRC-32 as in zlib, gzip and PNG; not CRC-32C.
private func crc32<Bytes: Sequence>(_ bytes: Bytes) -> UInt32 where Bytes.Element == UInt8 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        crc = (crc >> 8) ^ crcTable[Int((crc ^ UInt32(byte)) & 0xFF)]
    }
    return crc ^ 0xFFFF_FFFF
}
