#!/usr/bin/env bash
# Guess: "openssl pkcs12 -export -nokeys -in ca.crt" makes a trust store for Java, whose own format is PKCS#12 since Java 9: the
# certificate is in it, and javax.net.ssl.trustStore names the file.
# What happens: Java takes a certificate of such a file for trusted only if it has an attribute of Java's own, which OpenSSL 3.0
# does not write. So a connection fails with "the trustAnchors parameter must be non-empty", for which people look
# in their Java. openssl itself shows the certificate. -name and -caname change nothing. keytool -importcert writes a file
# that both read.
# Why it matters to a gateway: its authority is handed to services like this, by an image that has openssl and no JDK, and what
# is then reported is neither a wrong password nor an unknown authority. Make the file with keytool.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download openjdk-17-jre-headless=17.0.21.1+2-1~deb12u1 \
    openjdk-17-jdk-headless=17.0.21.1+2-1~deb12u1 openssl=3.0.22-1~deb12u2 libssl3=3.0.22-1~deb12u2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
# The package has its settings below /etc, and leads there from its own folder.
find root/usr/lib/jvm -lname "/etc/java-17-openjdk/*" | while read -r link; do
    cp --remove-destination "root$(readlink "$link")" "$link"
done
PATH=$PWD/root/usr/lib/jvm/java-17-openjdk-$(dpkg --print-architecture)/bin:$PATH
openssl() { LD_LIBRARY_PATH=$(dirname root/usr/lib/*/libssl.so.3) root/usr/bin/openssl "$@"; }
openssl version
java --version | head -1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 30 \
    -subj /CN=authority 2>log
openssl pkcs12 -export -nokeys -in ca.crt -out plain.p12 -passout pass:secret
openssl pkcs12 -export -nokeys -in ca.crt -out named.p12 -passout pass:secret -name authority
openssl pkcs12 -export -nokeys -in ca.crt -out canamed.p12 -passout pass:secret -caname authority
keytool -importcert -noprompt -alias authority -file ca.crt -keystore keytool.p12 -storepass secret 2>log
cat >Trust.java <<'END_OF_JAVA'
import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.PKIXParameters;

public class Trust {
    public static void main(String[] words) throws Exception {
        for (String name : words) {
            var store = KeyStore.getInstance("PKCS12");
            store.load(new FileInputStream(name), "secret".toCharArray());
            try {
                System.out.println(name + ": " + new PKIXParameters(store).getTrustAnchors().size());
            } catch (java.security.InvalidAlgorithmParameterException error) {
                System.out.println(name + ": " + error.getMessage());
            }
        }
    }
}
END_OF_JAVA
for name in plain named canamed keytool; do
    echo "$name.p12: $(openssl pkcs12 -in $name.p12 -passin pass:secret -nokeys | grep -c BEGIN) to openssl"
done >seen
java Trust.java plain.p12 named.p12 canamed.p12 keytool.p12 | sed 's/$/, to Java/' >>seen
cat seen
cmp seen - <<'END'
plain.p12: 1 to openssl
named.p12: 1 to openssl
canamed.p12: 1 to openssl
keytool.p12: 1 to openssl
plain.p12: the trustAnchors parameter must be non-empty, to Java
named.p12: the trustAnchors parameter must be non-empty, to Java
canamed.p12: the trustAnchors parameter must be non-empty, to Java
keytool.p12: 1, to Java
END
