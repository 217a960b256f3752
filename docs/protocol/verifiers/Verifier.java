import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A whole verifier of citizen codes (docs/protocol/citizen-code.md) without connection, on JDK 17 or newer alone.
 *
 * <p>Your program loads the documents once ({@code loadTrust}, {@code loadScene}, {@code loadStatus}) and
 * calls {@code verify(clean(text), ...)}. By itself it answers the questions of README.md, one a line.
 */
public final class Verifier {

    /** Its message is the reason. */
    public static final class Refused extends RuntimeException {

        Refused(String reason) {
            super(reason, null, false, false);
        }
    }

    static final long DAY = 86400;
    static final long LABEL = 0xffffffffL;
    static final BigInteger MOST = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    static void need(boolean fits, String reason) {
        if (!fits) throw new Refused(reason);
    }

    static void need(boolean fits) {
        need(fits, "MALFORMED");
    }

    static byte[] bytes(Object text) {
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    // Section 2
    static byte[] decodeDigits(String text) {
        var sizes = Map.of(0, 0, 3, 1, 5, 2, 8, 3, 10, 4, 13, 5, 15, 6, 17, 7);
        need(text.startsWith("0755"), "NOT_A_CITIZEN_CODE");
        need(bytes(text).length <= 1025, "TEXT_TOO_LONG");
        need(text.chars().allMatch(one -> one >= '0' && one <= '9'), "TEXT_CHARACTER");
        need(text.length() > 4, "TEXT_LENGTH");
        need(text.charAt(4) != '0', "NOT_A_CITIZEN_CODE");
        need(text.charAt(4) == '1', "VERSION_UNKNOWN");
        need(text.length() > 5 && sizes.containsKey((text.length() - 5) % 17), "TEXT_LENGTH");
        var data = new ByteArrayOutputStream();
        for (int at = 5; at < text.length(); at += 17) {
            var group = text.substring(at, Math.min(at + 17, text.length()));
            long value = Long.parseLong(group);
            int size = sizes.get(group.length());
            need(value < 1L << (8 * size), "TEXT_GROUP");
            while (size-- > 0) data.write((int) (value >> (8 * size)));
        }
        return data.toByteArray();
    }

    /** Section 3. A value is a BigInteger, byte[], String, Boolean, a List or a Map. */
    static final class Reader {

        // Kinds of values: the keys of a map are integers, or all texts.
        static final Set<Integer> ANY = Set.of(0, 1, 2, 3, 4, 5, 6, 7),
            KEY = Set.of(0, 1, 3),
            INTEGER = Set.of(0, 1),
            TEXT = Set.of(3);

        final byte[] data;
        int at;

        Reader(byte[] data) {
            this.data = data;
        }

        Object item(int depth) {
            return item(depth, ANY);
        }

        Object item(int depth, Set<Integer> kinds) {
            need(at < data.length && depth < 16);
            int kind = (data[at] & 0xff) >> 5,
                size = data[at] & 31;
            need(size != 31, "NOT_CANONICAL");
            need(size < 28);
            int length = size < 24 ? 0 : 1 << (size - 24);
            need(length <= data.length - at - 1);
            if (kind == 7) {
                need((size == 20 || size == 21) && kinds.contains(kind));
                at += 1;
                return size == 21;
            }
            var value =
                length == 0
                    ? BigInteger.valueOf(size)
                    : new BigInteger(1, Arrays.copyOfRange(data, at + 1, at + 1 + length));
            var least = length == 1 ? BigInteger.valueOf(24) : BigInteger.ONE.shiftLeft(4 * length);
            need(length == 0 || value.compareTo(least) >= 0, "NOT_CANONICAL");
            need(kinds.contains(kind) && (kind != 0 || kinds == ANY || value.bitLength() <= 63));
            at += 1 + length;
            if (kind == 0) return value;
            if (kind == 1) {
                need(value.bitLength() <= 63);
                return value.not();
            }
            need(kind != 6 && value.compareTo(BigInteger.valueOf(data.length - at)) <= 0);
            int count = value.intValue(),
                start = at;
            if (kind < 4) {
                at += count;
                var part = Arrays.copyOfRange(data, start, at);
                if (kind == 2) return part;
                try {
                    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(part)).toString();
                } catch (CharacterCodingException fault) {
                    throw new Refused("MALFORMED");
                }
            }
            if (kind == 4) {
                var items = new ArrayList<Object>();
                while (count-- > 0) items.add(item(depth + 1));
                return items;
            }
            var items = new HashMap<Object, Object>();
            var last = new byte[0];
            var keys = KEY;
            while (count-- > 0) {
                start = at;
                var key = item(depth + 1, keys);
                keys = key instanceof String ? TEXT : INTEGER;
                var encoded = Arrays.copyOfRange(data, start, at);
                need(Arrays.compareUnsigned(encoded, last) > 0, "NOT_CANONICAL");
                last = encoded;
                items.put(key, item(depth + 1));
            }
            return items;
        }
    }

    static Object read(byte[] data, Predicate<Object> shape) {
        var reader = new Reader(data);
        var value = reader.item(0);
        need(reader.at == data.length && shape.test(value));
        return value;
    }

    record Entry(Object key, Predicate<Object> shape, boolean maybe) {}

    static Object key(Object of) {
        return of instanceof Integer number ? BigInteger.valueOf(number) : of;
    }

    static Entry is(Object of, Predicate<Object> shape) {
        return new Entry(key(of), shape, false);
    }

    static Entry maybe(Object of, Predicate<Object> shape) {
        return new Entry(key(of), shape, true);
    }

    static Predicate<Object> map(Entry... entries) {
        return value -> {
            if (!(value instanceof Map<?, ?> items)) return false;
            int found = 0;
            for (var entry : entries) {
                if (items.containsKey(entry.key)) {
                    found += 1;
                    if (!entry.shape.test(items.get(entry.key))) return false;
                } else if (!entry.maybe) {
                    return false;
                }
            }
            return found == items.size();
        };
    }

    static Predicate<Object> list(int most, Predicate<Object> shape) {
        return value ->
            value instanceof List<?> items && items.size() <= most && items.stream().allMatch(shape);
    }

    static Predicate<Object> uint(long least, long most) {
        return uint(BigInteger.valueOf(least), BigInteger.valueOf(most));
    }

    static Predicate<Object> uint(BigInteger least, BigInteger most) {
        return value ->
            value instanceof BigInteger number && number.compareTo(least) >= 0 && number.compareTo(most) <= 0;
    }

    static Predicate<Object> sized(int least, int most) {
        return value -> value instanceof byte[] part && part.length >= least && part.length <= most;
    }

    static Predicate<Object> text(int least, int most) {
        return value ->
            value instanceof String && bytes(value).length >= least && bytes(value).length <= most;
    }

    static final Predicate<Object> UINT = uint(BigInteger.ZERO, MOST),
        INT = uint(Long.MIN_VALUE, Long.MAX_VALUE);
    static final Predicate<Object> SECONDS = uint(0, LABEL),
        NUMBERS = list(32, uint(0, 65535)),
        NAME = text(1, 96);
    static final Predicate<Object> KID = sized(8, 8),
        BYTES = sized(0, Integer.MAX_VALUE),
        TEXT = text(0, Integer.MAX_VALUE);
    static final Predicate<Object> BOOL = value -> value instanceof Boolean,
        ANY = value -> true;
    static final Predicate<Object> LAYER = value ->
        value instanceof List<?> parts &&
        parts.size() == 4 &&
        BYTES.test(parts.get(0)) &&
        map().test(parts.get(1)) &&
        BYTES.test(parts.get(2)) &&
        sized(64, 64).test(parts.get(3));
    static final Predicate<Object> COSE_KEY = map(
        is(1, uint(2, 2)),
        is(-1, uint(1, 1)),
        is(-2, sized(32, 32)),
        is(-3, BOOL)
    );
    static final Predicate<Object> LISTED = map(
        is(1, KID),
        is(2, INT),
        is(3, ANY),
        is(4, UINT),
        is(5, UINT),
        is(6, UINT),
        maybe(7, text(0, 200))
    );
    static final Predicate<Object> TRUST = map(
        is(4, UINT),
        is(6, UINT),
        is(-65539, map(is(1, UINT), is(2, list(256, LISTED))))
    );
    static final Predicate<Object> SCENE = map(
        is(1, uint(1, 65535)),
        is(2, NAME),
        is(3, NAME),
        is(4, uint(1, 4)),
        is(5, NUMBERS),
        is(6, NUMBERS),
        is(7, uint(0, 2)),
        is(8, SECONDS),
        is(9, BOOL),
        is(10, SECONDS),
        is(11, SECONDS),
        is(12, uint(1, 2)),
        is(13, BOOL),
        is(14, SECONDS),
        is(15, uint(1, 3)),
        is(16, BOOL)
    );
    static final Predicate<Object> SCENES = map(
        is(4, UINT),
        is(6, UINT),
        is(-65540, map(is(1, UINT), is(2, list(256, SCENE))))
    );
    static final Predicate<Object> STATUS = map(
        is(2, text(1, 240)),
        is(4, UINT),
        is(6, UINT),
        is(65533, map(is("lst", BYTES), is("bits", UINT))),
        is(65534, UINT)
    );
    static final Predicate<Object> PASS = map(
        is(4, UINT),
        is(8, map(is(1, COSE_KEY))),
        maybe(169, map(is(4, TEXT))),
        is(-65537, map(is(1, UINT), is(2, UINT), is(3, UINT), is(4, UINT), maybe(5, UINT)))
    );
    static final Predicate<Object> CODE = map(
        maybe(3, TEXT),
        is(6, UINT),
        maybe(10, BYTES),
        is(-65538, map(is(1, UINT), is(2, UINT)))
    );

    /** What lies at the end of a path of keys. */
    @SuppressWarnings("unchecked")
    static <T> T at(Object value, Object... path) {
        for (var step : path) value = ((Map<Object, Object>) value).get(key(step));
        return (T) value;
    }

    /** A number that is only compared: beyond 2^62 all are alike. */
    static long number(Object value, Object... path) {
        BigInteger found = at(value, path);
        return found.min(BigInteger.ONE.shiftLeft(62)).longValue();
    }

    static boolean isEs256(Object header) {
        return number(header, 1) == -7;
    }

    // Section 4: the JDK takes points whole
    static ECPublicKey loadPoint(Object key) throws GeneralSecurityException {
        var parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        var spec = parameters.getParameterSpec(ECParameterSpec.class);
        var curve = spec.getCurve();
        var p = ((ECFieldFp) curve.getField()).getP();
        var x = new BigInteger(1, (byte[]) at(key, -2));
        var square = x.pow(3).add(curve.getA().multiply(x)).add(curve.getB()).mod(p);
        var y = square.modPow(p.add(BigInteger.ONE).shiftRight(2), p);
        if (x.compareTo(p) >= 0 || !y.multiply(y).mod(p).equals(square)) return null;
        boolean isOdd = at(key, -3);
        if (y.testBit(0) != isOdd) y = p.subtract(y);
        return (ECPublicKey) KeyFactory.getInstance("EC").generatePublic(
            new ECPublicKeySpec(new ECPoint(x, y), spec)
        );
    }

    static byte[] sha256(byte[] data) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(data);
    }

    static byte[] keyId(PublicKey key) throws GeneralSecurityException {
        return Arrays.copyOf(sha256(key.getEncoded()), 8);
    }

    static void byteString(ByteArrayOutputStream out, Object part) {
        var data = (byte[]) part;
        int size = data.length,
            length = size < 24 ? 0 : size < 256 ? 1 : size < 65536 ? 2 : 4;
        out.write(length == 0 ? 0x40 + size : length == 1 ? 0x58 : length == 2 ? 0x59 : 0x5a);
        while (length-- > 0) out.write(size >> (8 * length));
        out.writeBytes(data);
    }

    static boolean isSigned(List<?> layer, PublicKey key) throws GeneralSecurityException {
        var message = new ByteArrayOutputStream();
        message.writeBytes(new byte[] { (byte) 0x84, 0x6a });
        message.writeBytes(bytes("Signature1"));
        byteString(message, layer.get(0));
        message.write(0x40);
        byteString(message, layer.get(2));
        var verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
        verifier.initVerify(key);
        verifier.update(message.toByteArray());
        try {
            return verifier.verify((byte[]) layer.get(3));
        } catch (SignatureException outOfRange) {
            return false;
        }
    }

    // Section 7: one rule for all documents
    static Object load(
        byte[] data,
        String kind,
        String family,
        int most,
        Function<byte[], List<? extends PublicKey>> signers,
        Predicate<Object> payload
    ) throws GeneralSecurityException {
        List<?> layer;
        Object header;
        try {
            need(data.length > 0 && data[0] == (byte) 0xd2 && data.length <= most);
            layer = (List<?>) read(Arrays.copyOfRange(data, 1, data.length), LAYER);
            header = read((byte[]) layer.get(0), map(is(1, INT), is(4, KID), is(16, TEXT)));
            need(at(header, 16).equals("application/" + kind + "+cwt"));
        } catch (Refused fault) {
            throw new Refused(family + "_MALFORMED");
        }
        boolean good = false;
        if (isEs256(header)) for (var key : signers.apply(at(header, 4))) good |= isSigned(layer, key);
        need(good, family + "_SIGNATURE");
        try {
            return read((byte[]) layer.get(2), payload);
        } catch (Refused fault) {
            throw new Refused(family + "_MALFORMED");
        }
    }

    /** A key of the trust list; its point is null where the algorithm is not known here. */
    record Listed(byte[] kid, long purpose, long from, long to, String prefix, ECPublicKey point) {
        boolean isNow(long now) {
            return from <= now && now < to;
        }
    }

    record Trust(long exp, long iat, List<Listed> keys) {
        Function<byte[], List<? extends PublicKey>> signers(long purpose, long now) {
            return kid ->
                keys
                    .stream()
                    .filter(one -> one.point != null && Arrays.equals(one.kid, kid))
                    .filter(one -> one.purpose == purpose && one.isNow(now))
                    .map(Listed::point)
                    .toList();
        }

        void check(long now, long newest) {
            need(now + 30 >= Math.max(newest, iat), "VERIFIER_CLOCK_BEHIND");
            need(exp > now, "TRUST_EXPIRED");
        }

        /** Step 4. */
        Listed signer(List<?> layer, byte[] kid, long now) throws GeneralSecurityException {
            int worst = 0;
            for (var one : keys) {
                if (!Arrays.equals(one.kid, kid)) continue;
                int miss =
                    one.point == null
                        ? 2
                        : one.purpose != 1
                          ? 3
                          : !one.isNow(now)
                            ? 4
                            : !isSigned(layer, one.point)
                              ? 5
                              : 0;
                if (miss == 0) return one;
                worst = Math.max(worst, miss);
            }
            var reasons = List.of(
                "ISSUER_UNKNOWN",
                "",
                "ALGORITHM_MISMATCH",
                "KEY_PURPOSE",
                "KEY_NOT_VALID",
                "PASS_SIGNATURE"
            );
            throw new Refused(reasons.get(worst));
        }
    }

    /** A trust list by a root key (A); null stands for none. */
    public static Trust loadTrust(byte[] data, PublicKey root, long held) throws GeneralSecurityException {
        need(data != null, "TRUST_MISSING");
        var rootId = keyId(root);
        var found = load(
            data,
            "szid-trust",
            "TRUST",
            65536,
            kid -> Arrays.equals(kid, rootId) ? List.of(root) : List.of(),
            TRUST
        );
        var keys = new ArrayList<Listed>();
        for (Object one : Verifier.<List<?>>at(found, -65539, 2)) {
            String prefix = at(one, 7);
            ECPublicKey point = null;
            need((number(one, 4) == 1) == (prefix != null), "TRUST_MALFORMED");
            if (number(one, 2) == -7) {
                need(COSE_KEY.test(at(one, 3)), "TRUST_MALFORMED");
                point = loadPoint(at(one, 3));
                need(point != null && Arrays.equals(keyId(point), at(one, 1)), "TRUST_MALFORMED");
            }
            keys.add(new Listed(at(one, 1), number(one, 4), number(one, 5), number(one, 6), prefix, point));
        }
        need(number(found, -65539, 1) >= held, "TRUST_ROLLBACK");
        return new Trust(number(found, 4), number(found, 6), keys);
    }

    record Scene(
        long number,
        long level,
        boolean offline,
        long trustAge,
        long statusAge,
        boolean desk,
        boolean challenge
    ) {}

    static final Scene ANY_SCENE = new Scene(0, 1, true, LABEL, LABEL, true, false);

    /** The rules of a scene, or those of any for 0 (B). */
    public static Scene loadScene(byte[] data, Trust trust, long now, long number, long held)
        throws GeneralSecurityException {
        var found = load(data, "szid-scenes", "SCENES", 65536, trust.signers(3, now), SCENES);
        var scenes = new HashMap<>(Map.of(0L, ANY_SCENE));
        for (Object one : Verifier.<List<?>>at(found, -65540, 2)) {
            var scene = new Scene(
                number(one, 1),
                number(one, 4),
                at(one, 9),
                number(one, 10),
                number(one, 11),
                number(one, 12) == 2,
                at(one, 13)
            );
            need(scenes.put(scene.number, scene) == null, "SCENES_MALFORMED");
        }
        need(number(found, 4) > now, "SCENES_EXPIRED");
        need(number(found, -65540, 1) >= held, "SCENES_ROLLBACK");
        need(scenes.containsKey(number), "SCENE_UNKNOWN");
        return scenes.get(number);
    }

    record Status(String uri, long exp, long iat, int bits, byte[] list) {}

    /** A status list (C). */
    public static Status loadStatus(byte[] data, Trust trust, long now, long held)
        throws GeneralSecurityException {
        var found = load(data, "statuslist", "STATUS", 1052672, trust.signers(2, now), STATUS);
        long bits = number(found, 65533, "bits");
        need(List.of(1L, 2L, 4L, 8L).contains(bits), "STATUS_MALFORMED");
        var list = new byte[(1 << 17) * (int) bits + 1];
        var inflater = new Inflater();
        try {
            inflater.setInput((byte[]) at(found, 65533, "lst"));
            int size = 0,
                more;
            while (size < list.length && (more = inflater.inflate(list, size, list.length - size)) > 0)
                size += more;
            need(
                inflater.finished() && inflater.getRemaining() == 0 && size < list.length,
                "STATUS_MALFORMED"
            );
            list = Arrays.copyOf(list, size);
        } catch (DataFormatException fault) {
            throw new Refused("STATUS_MALFORMED");
        } finally {
            inflater.end();
        }
        need(number(found, 6) >= held, "STATUS_ROLLBACK");
        return new Status(at(found, 2), number(found, 4), number(found, 6), (int) bits, list);
    }

    static Object readPass(byte[] payload) {
        var value = new Reader(payload).item(0);
        var about = value instanceof Map<?, ?> claims ? claims.get(key(-65537)) : null;
        var profile = about instanceof Map<?, ?> members ? members.get(key(1)) : null;
        need(profile == null || profile.equals(BigInteger.ONE), "PROFILE_UNKNOWN");
        return read(payload, PASS);
    }

    record Challenge(String audience, byte[] nonce) {}

    /** Remembers one use of one code and returns who used it within 120 s before, or null. */
    interface Memory {
        String seen(String key, long now, String operator);
    }

    record Question(
        long now,
        long newest,
        Scene scene,
        Challenge shown,
        boolean online,
        String operator,
        Memory memory
    ) {}

    /** Returns OK or OK_AGAIN, or throws {@link Refused} with the reason. */
    public static String verify(String digits, Trust trust, List<Status> lists, Question asked)
        throws GeneralSecurityException {
        long now = asked.now;
        var scene = asked.scene;
        var code = (List<?>) read(decodeDigits(digits), LAYER); // 2
        var outer = read((byte[]) code.get(0), map(is(1, INT), is(13, LAYER)));
        need(isEs256(outer), "ALGORITHM_UNKNOWN");
        List<?> pass = at(outer, 13);
        need(((byte[]) code.get(0)).length - 4 <= 256); // the pass, behind a2 01 26 0d
        var inner = read((byte[]) pass.get(0), map(is(1, INT), is(4, KID)));
        need(isEs256(inner), "ALGORITHM_UNKNOWN");
        var says = readPass((byte[]) pass.get(2));
        var claims = read((byte[]) code.get(2), CODE);
        String audience = at(claims, 3);
        byte[] nonce = at(claims, 10);
        need((audience == null) == (nonce == null));
        trust.check(now, asked.newest); // 3
        need(asked.online || now - trust.iat <= scene.trustAge, "TRUST_TOO_OLD");
        var signer = trust.signer(pass, at(inner, 4), now);
        Object about = at(says, -65537),
            concessions = at(about, 5),
            named = at(says, 169);
        long exp = number(says, 4),
            identity = number(about, 2),
            protection = number(about, 3),
            index = number(about, 4);
        need(
            Verifier.<BigInteger>at(says, 4).mod(BigInteger.valueOf(DAY)).longValue() == DAY - 28800 &&
                uint(1, 4).test(at(about, 2)) &&
                uint(1, 4).test(at(about, 3)) &&
                SECONDS.test(at(about, 4)) &&
                (concessions == null || uint(0, 65535).test(concessions)) &&
                (named == null || text(1, 24).test(at(named, 4))),
            "PASS_CLAIMS"
        ); // 5
        var device = loadPoint(at(says, 8, 1));
        need(device != null, "DEVICE_KEY");
        need(now >= exp - DAY - 30, "PASS_NOT_YET_VALID"); // 7
        need(now < exp + 60, "PASS_EXPIRED");
        need(isSigned(code, device), "CODE_SIGNATURE");
        long iat = number(claims, 6),
            tier = number(claims, -65538, 1),
            limit = number(claims, -65538, 2);
        need(
            1 <= tier &&
                tier <= 3 &&
                limit <= 65535 &&
                (audience == null || (text(1, 22).test(audience) && sized(8, 16).test(nonce))),
            "CODE_CLAIMS"
        ); // 9
        need(iat - now <= 30, "CLOCK_AHEAD");
        need(now - iat <= 60, "CODE_EXPIRED");
        var shown = asked.shown; // 11
        need(
            audience == null ||
                (shown != null && audience.equals(shown.audience) && Arrays.equals(nonce, shown.nonce)),
            "CHALLENGE_MISMATCH"
        );
        need(audience != null || (shown == null && !scene.challenge), "CHALLENGE_MISSING");
        need(limit == 0 || limit == scene.number, "SCENE_MISMATCH"); // 12
        need(asked.online || scene.offline, "OFFLINE_NOT_ALLOWED");
        need(Math.min(identity, Math.min(protection, tier) + 1) >= scene.level, "LEVEL_TOO_LOW");
        need(!lists.isEmpty(), "STATUS_MISSING"); // 13
        var uri = signer.prefix + exp + "/" + (index >> 20);
        var ours = lists
            .stream()
            .filter(list -> list.uri.equals(uri))
            .max((one, other) -> Long.compare(one.iat, other.iat))
            .orElse(null);
        need(ours != null, "STATUS_FOREIGN");
        int place = (int) (index % (1 << 20)) * ours.bits;
        need(place / 8 < ours.list.length, "STATUS_INDEX");
        need(now + 30 >= ours.iat, "VERIFIER_CLOCK_BEHIND");
        int status = ((ours.list[place / 8] & 0xff) >> (place % 8)) & ((1 << ours.bits) - 1);
        need(status != 2, "FROZEN");
        need(status == 0, "REVOKED");
        need(ours.exp > now && (asked.online || now - ours.iat <= scene.statusAge), "STATUS_TOO_OLD");
        var x = Arrays.copyOf(sha256(at(says, 8, 1, -2)), 16); // 14
        var before = asked.memory.seen(HexFormat.of().formatHex(x) + " " + iat, now, asked.operator);
        need(before == null || (scene.desk && before.equals(asked.operator)), "REPLAY");
        return before == null ? "OK" : "OK_AGAIN";
    }

    /** Takes away what scanners add. */
    public static String clean(String scanned) {
        var digits = new StringBuilder();
        scanned
            .replaceAll("[\r\n\t ]", "")
            .chars()
            .forEach(one -> digits.append((char) (one >= '０' && one <= '９' ? one - '０' + '0' : one)));
        return digits.toString();
    }

    static byte[] unhex(String field) {
        return field.equals("-") ? null : HexFormat.of().parseHex(field);
    }

    static String answer(String line) throws GeneralSecurityException {
        var field = line.split("\t", -1);
        long now = Long.parseLong(field[0]),
            newest = Long.parseLong(field[1]);
        var root = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(unhex(field[2])));
        var trust = loadTrust(unhex(field[3]), root, Long.parseLong(field[4]));
        var scene = field[5].equals("-")
            ? ANY_SCENE
            : loadScene(unhex(field[5]), trust, now, Long.parseLong(field[7]), Long.parseLong(field[6]));
        var lists = new ArrayList<Status>();
        for (var one : field[8].split(","))
            if (!one.equals("-")) lists.add(loadStatus(unhex(one), trust, now, 0));
        if (field[13].equals("-")) {
            trust.check(now, newest);
            return "OK";
        }
        var shown = field[9].equals("-")
            ? null
            : new Challenge(new String(unhex(field[9]), StandardCharsets.UTF_8), unhex(field[10]));
        Memory memory = (key, at, operator) -> field[12].equals("-") ? null : field[12];
        var asked = new Question(now, newest, scene, shown, field[14].equals("online"), field[11], memory);
        return verify(new String(unhex(field[13]), StandardCharsets.UTF_8), trust, lists, asked);
    }

    public static void main(String[] arguments) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = lines.readLine()) != null; ) {
            try {
                System.out.println(answer(line));
            } catch (Refused refused) {
                System.out.println(refused.getMessage());
            }
        }
    }
}
