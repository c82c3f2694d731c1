import COpenSSL
import Glibc
import Testing

@Suite struct ExitTests {
    @Test func `OpenSSL gives nothing back at exit, from under threads that still use it`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            guard OPENSSL_init_ssl(0, nil) == 1 else { _exit(43) }
            // Is called when OpenSSL cleans up (OPENSSL_atexit(3)).
            guard OPENSSL_atexit({ _exit(42) }) == 1 else { _exit(44) }
            exit(0)
        }
    }
}
