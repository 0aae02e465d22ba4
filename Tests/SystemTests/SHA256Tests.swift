import CSHA256
import System
import Testing

@testable import System

@Suite struct SHA256Tests {
    /// FIPS 180-4 examples and NIST's million a's.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func standardVectors(message: String, digest: String) {
        #expect(SHA256.hex(of: message.utf8) == digest)
        #expect(SHA256.hex(of: Array(message.utf8)) == digest)
    }

    /// What processors without instructions for it compute.
    @Test func plainCodeAgrees() {
        let message = (0..<64 * 100).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        var (state, plain) = ((0..<8).map { UInt32($0) }, (0..<8).map { UInt32($0) })
        csha256_compress(&state, message, 100)
        csha256_compress_plain(&plain, message, 100)
        #expect(state == plain && state != (0..<8).map { UInt32($0) })
    }

    @Test func piecesMakeTheSameDigest() {
        let message = (0..<1000).map { UInt8($0 % 251) }
        let whole = SHA256.hex(of: message)
        for piece in [1, 3, 63, 64, 65, 200] {
            var hash = SHA256()
            for start in stride(from: 0, to: message.count, by: piece) {
                hash.update(message[start..<min(start + piece, message.count)])
            }
            #expect(hash.hex() == whole, "pieces of \(piece)")
        }
    }
}
