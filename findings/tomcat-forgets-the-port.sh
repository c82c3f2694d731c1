#!/usr/bin/env bash
# Guess: Tomcat's RemoteIpValve, which makes scheme and client of X-Forwarded-Proto and X-Forwarded-For, leaves the
# host and its port to Host: a site on https://shop.example:8443 has that URL in the application, too.
# What happens: with X-Forwarded-Proto: https the port is 443, whatever Host says, and no port is in the request's
# URL. Without the valve it is right, but for the scheme. X-Forwarded-Port is read only where portHeader names it,
# which is not there by default; X-Forwarded-Host with the port does not help. Jetty's ForwardedRequestCustomizer
# is right as it is.
# Why it matters to a gateway: links in mails, redirect_uri of OpenID Connect and CSRF checks are made of this URL.
# They work on port 443, and in test installations on 8443 or behind port mappings lead elsewhere. The gateway has
# to send X-Forwarded-Port, and its manual to say portHeader="X-Forwarded-Port". (It needs a JDK of 17 or later.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download libtomcat10-java=10.1.60-1~deb12u1 \
    libtomcat10-embed-java=10.1.60-1~deb12u1 libjetty9-java=9.4.57-1.1~deb12u1 libservlet-api-java=4.0.1-2
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >WithTomcat.java <<'END_OF_JAVA'
import jakarta.servlet.http.*;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.RemoteIpValve;

public class WithTomcat {
    public static void main(String[] words) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir("base");
        tomcat.setPort(Integer.parseInt(words[0]));
        tomcat.getConnector();
        RemoteIpValve valve = new RemoteIpValve();
        if (words[1].equals("portHeader")) valve.setPortHeader("X-Forwarded-Port");
        if (!words[1].equals("none")) tomcat.getHost().getPipeline().addValve(valve);
        var context = tomcat.addContext("", System.getProperty("user.dir"));
        Tomcat.addServlet(context, "url", new HttpServlet() {
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws java.io.IOException {
                response.getWriter().print(request.getRequestURL());
            }
        });
        context.addServletMappingDecoded("/*", "url");
        tomcat.start();
        tomcat.getServer().await();
    }
}
END_OF_JAVA
cat >WithJetty.java <<'END_OF_JAVA'
import javax.servlet.http.*;
import org.eclipse.jetty.server.*;
import org.eclipse.jetty.server.handler.AbstractHandler;

public class WithJetty {
    public static void main(String[] words) throws Exception {
        Server server = new Server();
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.addCustomizer(new ForwardedRequestCustomizer());
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(configuration));
        connector.setPort(Integer.parseInt(words[0]));
        server.addConnector(connector);
        server.setHandler(new AbstractHandler() {
            public void handle(String target, Request base, HttpServletRequest request, HttpServletResponse response)
                    throws java.io.IOException {
                base.setHandled(true);
                response.getWriter().print(request.getRequestURL());
            }
        });
        server.start();
        server.join();
    }
}
END_OF_JAVA
cat >probe.py <<'END_OF_PROBE'
import glob, http.client, os, socket, subprocess, sys, time

HOST = "shop.example:8443"
FIELDS = {"Host": HOST, "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST,
          "X-Forwarded-Port": "8443"}

def url(program, how):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    places = ":".join(os.path.abspath(name) for name in glob.glob("root/usr/share/java/*.jar"))
    server = subprocess.Popen(["java", "-cp", places, program + ".java", str(port), how], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                connection.request("GET", "/x", headers=FIELDS)
                return connection.getresponse().read().decode()
            except OSError:
                time.sleep(0.1)
        raise SystemExit(program + " does not come up")
    finally:
        server.kill()
        server.wait()

right = True
for program, version, how, expected in (
        ("WithTomcat", "10.1.60", "none", "http://shop.example:8443/x"),
        ("WithTomcat", "10.1.60", "valve", "https://shop.example/x"),
        ("WithTomcat", "10.1.60", "portHeader", "https://shop.example:8443/x"),
        ("WithJetty", "9.4.57", "customizer", "https://shop.example:8443/x")):
    seen = url(program, how)
    print(f"{program[4:]} {version} ({how}): {seen}")
    right = right and seen == expected
sys.exit(not right)
END_OF_PROBE
python3 probe.py
