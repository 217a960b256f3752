import boofcv.abst.fiducial.QrCodeDetector;
import boofcv.factory.fiducial.FactoryFiducial;
import boofcv.struct.image.GrayU8;
import com.google.zxing.BinaryBitmap;
import com.google.zxing.PlanarYUVLuminanceSource;
import com.google.zxing.ReaderException;
import com.google.zxing.common.HybridBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.stream.Collectors;

/**
 * Reads grey images from standard input with the decoder that is named, zxing or boofcv, each as it is by default, and answers
 * each with one line: the texts, or nothing. An image is its width and its height, two bytes each with the low one first, and
 * then its pixels row by row.
 */
class Read {
    interface Decoder {
        String textsIn(byte[] pixels, int width, int height);
    }

    public static void main(String[] arguments) throws IOException {
        Decoder decoder = switch (arguments[0]) {
            case "zxing" -> Read::byZxing;
            case "boofcv" -> byBoofcv();
            default -> throw new IllegalArgumentException(arguments[0]);
        };
        var input = new DataInputStream(new BufferedInputStream(System.in));
        while (true) {
            int width, height;
            try {
                width = Short.toUnsignedInt(Short.reverseBytes(input.readShort()));
                height = Short.toUnsignedInt(Short.reverseBytes(input.readShort()));
            } catch (EOFException end) {
                return;
            }
            byte[] pixels = new byte[width * height];
            input.readFully(pixels);
            // A line break in a text would shift all later answers.
            System.out.println(decoder.textsIn(pixels, width, height).replaceAll("\\R", "?"));
            System.out.flush();
        }
    }

    private static String byZxing(byte[] pixels, int width, int height) {
        var light = new PlanarYUVLuminanceSource(pixels, width, height, 0, 0, width, height, false);
        try {
            return new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(light))).getText();
        } catch (ReaderException | RuntimeException missed) {
            return "";
        }
    }

    private static Decoder byBoofcv() {
        QrCodeDetector<GrayU8> detector = FactoryFiducial.qrcode(null, GrayU8.class);
        return (pixels, width, height) -> {
            var light = new GrayU8(width, height);
            light.data = pixels;
            try {
                detector.process(light);
            } catch (RuntimeException missed) {
                return "";
            }
            return detector.getDetections().stream().map(found -> found.message).collect(Collectors.joining(" "));
        };
    }
}
