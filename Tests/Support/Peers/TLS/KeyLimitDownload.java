import java.io.InputStream;
import java.net.Socket;
import java.security.Security;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Downloads over one connection of TLS 1.3 and asks for a new key all the while: java KeyLimitDownload.java PORT BYTES.
 * Reads so many bytes at least, and prints how many came.
 */
public class KeyLimitDownload {
    public static void main(String[] arguments) throws Exception {
        // As soon as a key has protected so much, Java asks for the next with each record that it reads, until it is answered.
        Security.setProperty("jdk.tls.keyLimits", "AES/GCM/NoPadding KeyUpdate 2^16, ChaCha20-Poly1305 KeyUpdate 2^16");
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        Socket plain = new Socket("127.0.0.1", Integer.parseInt(arguments[0]));
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
        socket.getOutputStream().write("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes());
        InputStream input = socket.getInputStream();
        byte[] room = new byte[1 << 14];
        long total = 0;
        while (total < Long.parseLong(arguments[1])) {
            int count = input.read(room);
            if (count < 0) break;
            total += count;
        }
        System.out.println(total);
    }

    private static class Anybody implements X509TrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String type) {}
        public void checkServerTrusted(X509Certificate[] chain, String type) {}
        public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }
}
