import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import szid.ScanVerdict;
import szid.VenueDocuments;
import szid.VenueVerifier;

/**
 * A door that opens to citizen codes, whether or not the city can be reached: a scan per line in, a verdict per line out.
 *
 *   java -Djna.library.path=native -cp CLASSES_AND_JARS VenueDoor.java root.spki https://id.example.org folder 3
 */
public final class VenueDoor {
    public static void main(String[] arguments) throws Exception {
        List<byte[]> rootKeys = List.of(Files.readAllBytes(Path.of(arguments[0])));
        VenueDocuments city = new City(arguments[1]);
        int scene = Integer.parseInt(arguments[3]);
        var everyMinute = Executors.newSingleThreadScheduledExecutor();
        try (var verifier = new VenueVerifier(rootKeys, Path.of(arguments[2]));
                var scans = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            Runnable fetch = () -> verifier.synchronise(city)
                    .forEach(fault -> System.err.println(fault.getPath() + ": " + fault.getCode()));
            fetch.run();
            everyMinute.scheduleWithFixedDelay(fetch, 60, 60, TimeUnit.SECONDS);
            System.out.println("ready");
            for (String scan = scans.readLine(); scan != null; scan = scans.readLine()) {
                ScanVerdict verdict = verifier.verify(scan, scene);
                System.out.println((verdict.getAccepted() ? "open" : "closed") + " " + verdict.getReason()
                        + " " + verdict.getStaffZh() + " " + verdict.getStaffEn());
            }
            everyMinute.shutdown();
            everyMinute.awaitTermination(30, TimeUnit.SECONDS);
        } finally {
            everyMinute.shutdownNow();
        }
    }

    private record City(HttpClient client, String base) implements VenueDocuments {
        City(String base) {
            this(HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(3)).build(), base);
        }

        @Override
        public byte[] fetch(String path) throws IOException {
            var request = HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(10)).build();
            try {
                var answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
                if (answer.statusCode() == 404) return null;
                if (answer.statusCode() == 200) return answer.body();
                throw new IOException("status " + answer.statusCode());
            } catch (InterruptedException stopped) {
                throw new IOException(stopped);
            }
        }
    }
}
