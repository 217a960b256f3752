import java.nio.file.Files;
import szid.ApiClient;
import szid.api.DocumentsApi;
import szid.api.OperatorApi;
import szid.api.ScansApi;
import szid.model.ScanRequest;

/** A desk in Java, on a client by openapi-generator. */
public final class Desk {
    private static ApiClient as(String secret) {
        var client = new ApiClient();
        client.updateBaseUri(System.getenv("BASE_URL"));
        var bearer = "Bearer " + System.getenv(secret);
        client.setRequestInterceptor(request -> request.setHeader("Authorization", bearer));
        return client;
    }

    public static void main(String[] arguments) throws Exception {
        var asked = new ScanRequest().code(System.getenv("CODE")).scene(2);
        var verdict = new ScansApi(as("DESK")).scan(asked, null);
        if (!verdict.getReason().startsWith("OK")) throw new IllegalStateException(verdict.toString());
        var devices = new OperatorApi(as("OPERATOR")).operatorDevices(null).getDevices();
        if (devices.isEmpty()) throw new IllegalStateException("no devices");
        var list = Files.readAllBytes(new DocumentsApi(as("DESK")).trustList().toPath());
        if ((list[0] & 0xff) != 0xd2) throw new IllegalStateException("no trust list");
        var told = "Java: %s, %d devices, %d bytes%n";
        System.out.printf(told, verdict.getReason(), devices.size(), list.length);
    }
}
