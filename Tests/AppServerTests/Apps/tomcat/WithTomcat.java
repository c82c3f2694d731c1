import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.RemoteIpValve;

/** Answers with the URL and the client that Tomcat has made of a request: arguments are the port, and the valve's portHeader. */
public class WithTomcat {
    public static void main(String[] arguments) throws Exception {
        var directory = System.getProperty("user.dir");
        var tomcat = new Tomcat();
        tomcat.setBaseDir(directory);
        tomcat.setPort(Integer.parseInt(arguments[0]));
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        var valve = new RemoteIpValve();
        if (arguments.length > 1) valve.setPortHeader(arguments[1]);
        tomcat.getHost().getPipeline().addValve(valve);
        var context = tomcat.addContext("", directory);
        Tomcat.addServlet(context, "seen", new HttpServlet() {
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
                response.getWriter().print(request.getRequestURL() + " " + request.getRemoteAddr());
            }
        });
        context.addServletMappingDecoded("/*", "seen");
        tomcat.start();
        tomcat.getServer().await();
    }
}
