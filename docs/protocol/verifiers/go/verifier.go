// A whole verifier of citizen codes (docs/protocol/citizen-code.md) without connection, on Go's standard
// library. Your program loads the documents once (LoadTrust, LoadScene, LoadStatus) and calls
// Verify(Clean(text), ...) within Reason: a refusal is a panic with a Refused until Reason catches it. By
// itself it answers the questions of README.md, one a line.
package main

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

const day = 86400

// Refused is the reason of a refusal.
type Refused string

func need(fits bool, reason Refused) {
	if !fits {
		panic(reason)
	}
}

// Reason runs an action and returns the reason that it comes to.
func Reason(action func() string) (reason string) {
	defer func() {
		if fault := recover(); fault != nil {
			refused, is := fault.(Refused)
			if !is {
				panic(fault)
			}
			reason = string(refused)
		}
	}()
	return action()
}

// Reasons of form become one reason of a document.
func otherwise(reason Refused, action func()) {
	defer func() {
		if fault := recover(); fault != nil {
			if _, is := fault.(Refused); is {
				panic(reason)
			}
			panic(fault)
		}
	}()
	action()
}

// Section 2
func decodeDigits(text string) []byte {
	sizes := map[int]int{0: 0, 3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6, 17: 7}
	need(strings.HasPrefix(text, "0755"), "NOT_A_CITIZEN_CODE")
	need(len(text) <= 1025, "TEXT_TOO_LONG")
	need(!strings.ContainsFunc(text, func(one rune) bool { return one < '0' || one > '9' }), "TEXT_CHARACTER")
	need(len(text) > 4, "TEXT_LENGTH")
	need(text[4] != '0', "NOT_A_CITIZEN_CODE")
	need(text[4] == '1', "VERSION_UNKNOWN")
	digits, data := text[5:], []byte(nil)
	_, whole := sizes[len(digits)%17]
	need(len(digits) > 0 && whole, "TEXT_LENGTH")
	for len(digits) > 0 {
		group := digits[:min(17, len(digits))]
		value, _ := strconv.ParseUint(group, 10, 64)
		size := sizes[len(group)]
		need(value < 1<<(8*size), "TEXT_GROUP")
		for size--; size >= 0; size-- {
			data = append(data, byte(value>>(8*size)))
		}
		digits = digits[len(group):]
	}
	return data
}

// A value of CBOR: uint64, int64 where it is negative, []byte, string, []any, Map or bool.
type Map map[any]any

// Kinds of values, a bit each: the keys of a map are integers, or all texts.
const anyKind, keyKind, integerKind, textKind = 0xff, 0b1011, 0b11, 0b1000

// Section 3: a value and what follows it.
func readItem(data []byte, depth int, kinds byte) (any, []byte) {
	need(len(data) > 0 && depth < 16, "MALFORMED")
	kind, size := data[0]>>5, data[0]&31
	need(size != 31, "NOT_CANONICAL")
	need(size < 28, "MALFORMED")
	length := 0
	if size >= 24 {
		length = 1 << (size - 24)
	}
	need(1+length <= len(data), "MALFORMED")
	if kind == 7 {
		need((size == 20 || size == 21) && kinds == anyKind, "MALFORMED")
		return size == 21, data[1:]
	}
	value := uint64(size)
	if length > 0 {
		value = new(big.Int).SetBytes(data[1 : 1+length]).Uint64()
		need(length == 1 && value >= 24 || length > 1 && value >= 1<<(4*length), "NOT_CANONICAL")
	}
	need(kinds>>kind&1 == 1, "MALFORMED")
	data = data[1+length:]
	switch kind {
	case 0:
		need(value < 1<<63 || kinds == anyKind, "MALFORMED")
		return value, data
	case 1:
		need(value < 1<<63, "MALFORMED")
		return -1 - int64(value), data
	}
	need(kind != 6 && value <= uint64(len(data)), "MALFORMED")
	switch kind {
	case 2:
		return data[:value:value], data[value:]
	case 3:
		need(utf8.Valid(data[:value]), "MALFORMED")
		return string(data[:value]), data[value:]
	case 4:
		items := make([]any, value)
		for at := range items {
			items[at], data = readItem(data, depth+1, anyKind)
		}
		return items, data
	}
	items, last, keys := Map{}, []byte(nil), byte(keyKind)
	for ; value > 0; value-- {
		key, rest := readItem(data, depth+1, keys)
		encoded := data[:len(data)-len(rest)]
		need(bytes.Compare(encoded, last) > 0, "NOT_CANONICAL")
		last, keys = encoded, integerKind
		if _, isText := key.(string); isText {
			keys = textKind
		}
		items[key], data = readItem(rest, depth+1, anyKind)
	}
	return items, data
}

func read(data []byte, shape Shape) any {
	value, rest := readItem(data, 0, anyKind)
	need(len(rest) == 0 && shape(value), "MALFORMED")
	return value
}

// Shape tells whether a value is as it must be.
type Shape func(any) bool

// Entry is one of a map; Maybe is one that may be left out.
type Entry struct {
	key   any
	shape Shape
	maybe bool
}

func key(of any) any {
	number, is := of.(int)
	switch {
	case is && number >= 0:
		return uint64(number)
	case is:
		return int64(number)
	}
	return of
}

func is(of any, shape Shape) Entry    { return Entry{key(of), shape, false} }
func maybe(of any, shape Shape) Entry { return Entry{key(of), shape, true} }

func entries(known ...Entry) Shape {
	return func(value any) bool {
		items, good := value.(Map)
		found := 0
		for _, entry := range known {
			if item, there := items[entry.key]; there {
				found++
				good = good && entry.shape(item)
			} else {
				good = good && entry.maybe
			}
		}
		return good && found == len(items)
	}
}

func list(most int, shape Shape) Shape {
	return func(value any) bool {
		items, good := value.([]any)
		good = good && len(items) <= most
		for _, item := range items {
			good = good && shape(item)
		}
		return good
	}
}

func uint(least, most uint64) Shape {
	return func(value any) bool {
		number, good := value.(uint64)
		return good && least <= number && number <= most
	}
}

func sized(least, most int) Shape {
	return func(value any) bool {
		data, good := value.([]byte)
		return good && least <= len(data) && len(data) <= most
	}
}

func text(least, most int) Shape {
	return func(value any) bool {
		words, good := value.(string)
		return good && least <= len(words) && len(words) <= most
	}
}

func anyInt(value any) bool {
	_, negative := value.(int64)
	return negative || uint(0, math.MaxInt64)(value)
}

func anything(any) bool { return true }

func truth(value any) bool { _, good := value.(bool); return good }

func layer(value any) bool {
	parts, good := value.([]any)
	if !good || len(parts) != 4 {
		return false
	}
	none, good := parts[1].(Map)
	return good && len(none) == 0 && octets(parts[0]) && octets(parts[2]) && sized(64, 64)(parts[3])
}

var (
	number  = uint(0, math.MaxUint64)
	label   = uint(0, math.MaxUint32)
	octets  = sized(0, math.MaxInt32)
	words   = text(0, math.MaxInt32)
	kid     = sized(8, 8)
	numbers = list(32, uint(0, math.MaxUint16))
	name    = text(1, 96)
	coseKey = entries(is(1, uint(2, 2)), is(-1, uint(1, 1)), is(-2, sized(32, 32)), is(-3, truth))
	entry   = entries(is(1, kid), is(2, anyInt), is(3, anything), is(4, number), is(5, number), is(6, number),
		maybe(7, text(0, 200)))
	trusted = entries(is(4, number), is(6, number), is(-65539, entries(is(1, number), is(2, list(256, entry)))))
	scene   = entries(is(1, uint(1, math.MaxUint16)), is(2, name), is(3, name), is(4, uint(1, 4)), is(5, numbers),
		is(6, numbers), is(7, uint(0, 2)), is(8, label), is(9, truth), is(10, label), is(11, label),
		is(12, uint(1, 2)), is(13, truth), is(14, label), is(15, uint(1, 3)), is(16, truth))
	scenes   = entries(is(4, number), is(6, number), is(-65540, entries(is(1, number), is(2, list(256, scene)))))
	statuses = entries(is(2, text(1, 240)), is(4, number), is(6, number),
		is(65533, entries(is("lst", octets), is("bits", number))), is(65534, number))
	passed = entries(is(4, number), is(8, entries(is(1, coseKey))), maybe(169, entries(is(4, words))),
		is(-65537, entries(is(1, number), is(2, number), is(3, number), is(4, number), maybe(5, number))))
	coded = entries(maybe(3, words), is(6, number), maybe(10, octets),
		is(-65538, entries(is(1, number), is(2, number))))
	outerHead = entries(is(1, anyInt), is(13, layer))
	innerHead = entries(is(1, anyInt), is(4, kid))
	typedHead = entries(is(1, anyInt), is(4, kid), is(16, words))
)

// at goes down the maps to a value.
func at[T any](value any, path ...any) T {
	for _, step := range path {
		value = value.(Map)[key(step)]
	}
	found, _ := value.(T)
	return found
}

// Section 4
func loadPoint(cose any) *ecdsa.PublicKey {
	sign := byte(2)
	if at[bool](cose, -3) {
		sign = 3
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), append([]byte{sign}, at[[]byte](cose, -2)...))
	if x == nil {
		return nil
	}
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}
}

func keyID(point *ecdsa.PublicKey) []byte {
	der, _ := x509.MarshalPKIXPublicKey(point)
	digest := sha256.Sum256(der)
	return digest[:8]
}

func byteString(part []byte) []byte {
	size := uint64(len(part))
	head := []byte{0x40 + byte(size)}
	switch {
	case size >= 65536:
		head = []byte{0x5a, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}
	case size >= 256:
		head = []byte{0x59, byte(size >> 8), byte(size)}
	case size >= 24:
		head = []byte{0x58, byte(size)}
	}
	return append(head, part...)
}

func isSigned(parts []any, point *ecdsa.PublicKey) bool {
	message := append([]byte("\x84\x6aSignature1"), byteString(parts[0].([]byte))...)
	message = append(append(message, 0x40), byteString(parts[2].([]byte))...)
	digest, signature := sha256.Sum256(message), parts[3].([]byte)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	return ecdsa.Verify(point, digest[:], r, s)
}

// Signers are the keys that may have signed a document with this key id.
type Signers func(kid []byte) []*ecdsa.PublicKey

// Section 7: one rule for all documents
func load(data []byte, kind string, family Refused, most int, signers Signers, payload Shape) (found any) {
	var parts []any
	var header any
	otherwise(family+"_MALFORMED", func() {
		need(len(data) > 0 && data[0] == 0xd2 && len(data) <= most, "MALFORMED")
		parts = read(data[1:], layer).([]any)
		header = read(parts[0].([]byte), typedHead)
		need(at[string](header, 16) == "application/"+kind+"+cwt", "MALFORMED")
	})
	good := false
	if at[int64](header, 1) == -7 {
		for _, point := range signers(at[[]byte](header, 4)) {
			good = good || isSigned(parts, point)
		}
	}
	need(good, family+"_SIGNATURE")
	otherwise(family+"_MALFORMED", func() { found = read(parts[2].([]byte), payload) })
	return found
}

// Listed is a key of the trust list; its point is nil where the algorithm is not known here.
type Listed struct {
	kid               []byte
	alg               int64
	purpose, from, to uint64
	prefix            string
	point             *ecdsa.PublicKey
}

// Trust is a trust list that was verified.
type Trust struct {
	exp, iat uint64
	keys     []Listed
}

// LoadTrust verifies a trust list by a root key (A). Nil stands for none.
func LoadTrust(data []byte, root *ecdsa.PublicKey, held uint64) Trust {
	need(data != nil, "TRUST_MISSING")
	ofRoot := func(kid []byte) []*ecdsa.PublicKey {
		if bytes.Equal(kid, keyID(root)) {
			return []*ecdsa.PublicKey{root}
		}
		return nil
	}
	found := load(data, "szid-trust", "TRUST", 65536, ofRoot, trusted)
	trust := Trust{exp: at[uint64](found, 4), iat: at[uint64](found, 6)}
	for _, one := range at[[]any](found, -65539, 2) {
		prefix, has := one.(Map)[uint64(7)]
		listed := Listed{kid: at[[]byte](one, 1), alg: at[int64](one, 2), purpose: at[uint64](one, 4)}
		listed.from, listed.to = at[uint64](one, 5), at[uint64](one, 6)
		need(has == (listed.purpose == 1), "TRUST_MALFORMED")
		listed.prefix, _ = prefix.(string)
		if listed.alg == -7 {
			need(coseKey(one.(Map)[uint64(3)]), "TRUST_MALFORMED")
			listed.point = loadPoint(one.(Map)[uint64(3)])
			need(listed.point != nil && bytes.Equal(keyID(listed.point), listed.kid), "TRUST_MALFORMED")
		}
		trust.keys = append(trust.keys, listed)
	}
	need(at[uint64](found, -65539, 1) >= held, "TRUST_ROLLBACK")
	return trust
}

func (trust Trust) signers(purpose, now uint64) Signers {
	return func(kid []byte) (points []*ecdsa.PublicKey) {
		for _, one := range trust.keys {
			fits := one.point != nil && bytes.Equal(one.kid, kid) && one.purpose == purpose
			if fits && one.from <= now && now < one.to {
				points = append(points, one.point)
			}
		}
		return points
	}
}

func (trust Trust) check(now, newest uint64) {
	need(now+30 >= max(newest, trust.iat), "VERIFIER_CLOCK_BEHIND")
	need(trust.exp > now, "TRUST_EXPIRED")
}

// Scene holds the rules of a scene.
type Scene struct {
	number, level, trustAge, statusAge uint64
	offline, desk, challenge           bool
}

// AnyScene holds where no scene is asked for.
var AnyScene = Scene{trustAge: math.MaxUint32, statusAge: math.MaxUint32, level: 1, offline: true, desk: true}

// LoadScene verifies scene policies and returns one scene's, or those of any scene for 0 (B).
func LoadScene(data []byte, trust Trust, now, number, held uint64) Scene {
	found := load(data, "szid-scenes", "SCENES", 65536, trust.signers(3, now), scenes)
	known := map[uint64]Scene{0: AnyScene}
	for _, one := range at[[]any](found, -65540, 2) {
		_, twice := known[at[uint64](one, 1)]
		need(!twice, "SCENES_MALFORMED")
		known[at[uint64](one, 1)] = Scene{
			number: at[uint64](one, 1), level: at[uint64](one, 4), offline: at[bool](one, 9),
			trustAge: at[uint64](one, 10), statusAge: at[uint64](one, 11),
			desk: at[uint64](one, 12) == 2, challenge: at[bool](one, 13),
		}
	}
	need(at[uint64](found, 4) > now, "SCENES_EXPIRED")
	need(at[uint64](found, -65540, 1) >= held, "SCENES_ROLLBACK")
	rules, there := known[number]
	need(there, "SCENE_UNKNOWN")
	return rules
}

// Status is a status list that was verified.
type Status struct {
	uri            string
	exp, iat, bits uint64
	list           []byte
}

// LoadStatus verifies a status list (C).
func LoadStatus(data []byte, trust Trust, now, held uint64) Status {
	found := load(data, "statuslist", "STATUS", 1052672, trust.signers(2, now), statuses)
	status := Status{uri: at[string](found, 2), exp: at[uint64](found, 4), iat: at[uint64](found, 6)}
	status.bits = at[uint64](found, 65533, "bits")
	need(status.bits == 1 || status.bits == 2 || status.bits == 4 || status.bits == 8, "STATUS_MALFORMED")
	packed, most := bytes.NewReader(at[[]byte](found, 65533, "lst")), int64(status.bits)<<17
	stream, err := zlib.NewReader(packed)
	need(err == nil, "STATUS_MALFORMED")
	status.list, err = io.ReadAll(io.LimitReader(stream, most+1))
	need(err == nil && int64(len(status.list)) <= most && packed.Len() == 0, "STATUS_MALFORMED")
	need(status.iat >= held, "STATUS_ROLLBACK")
	return status
}

// Step 4
func (trust Trust) signer(parts []any, header any, now uint64) Listed {
	worst := 0
	for _, one := range trust.keys {
		if !bytes.Equal(one.kid, at[[]byte](header, 4)) {
			continue
		}
		miss := 5
		switch {
		case one.point == nil || one.alg != at[int64](header, 1):
			miss = 2
		case one.purpose != 1:
			miss = 3
		case now < one.from || now >= one.to:
			miss = 4
		case isSigned(parts, one.point):
			return one
		}
		worst = max(worst, miss)
	}
	reasons := [...]Refused{"ISSUER_UNKNOWN", "", "ALGORITHM_MISMATCH", "KEY_PURPOSE", "KEY_NOT_VALID", "PASS_SIGNATURE"}
	panic(reasons[worst])
}

func readPass(payload []byte) any {
	value, _ := readItem(payload, 0, anyKind)
	about, _ := value.(Map)[int64(-65537)].(Map)
	profile, there := about[uint64(1)]
	need(!there || profile == uint64(1), "PROFILE_UNKNOWN")
	return read(payload, passed)
}

// Challenge is what the venue's screen shows now.
type Challenge struct {
	audience string
	nonce    []byte
}

// Question is what a code is judged by, beside the documents. Seen remembers one use of one code, and returns
// who used it within 120 s before, if anybody did.
type Question struct {
	now, newest uint64
	scene       Scene
	shown       *Challenge
	online      bool
	operator    string
	seen        func(key string, now uint64, operator string) (string, bool)
}

func within(value any, least, most uint64) bool { return uint(least, most)(value) }

// Verify returns OK or OK_AGAIN, or panics with the reason.
func Verify(digits string, trust Trust, lists []Status, asked Question) string {
	now, rules := asked.now, asked.scene
	code := read(decodeDigits(digits), layer).([]any) // 2
	outer := read(code[0].([]byte), outerHead)
	need(at[int64](outer, 1) == -7, "ALGORITHM_UNKNOWN")
	pass := at[[]any](outer, 13)
	need(len(code[0].([]byte))-4 <= 256, "MALFORMED") // the pass, behind a2 01 26 0d
	inner := read(pass[0].([]byte), innerHead)
	need(at[int64](inner, 1) == -7, "ALGORITHM_UNKNOWN")
	says := readPass(pass[2].([]byte))
	claims := read(code[2].([]byte), coded).(Map)
	audience, answers := claims[uint64(3)]
	nonce, answersToo := claims[uint64(10)]
	need(answers == answersToo, "MALFORMED")
	trust.check(now, asked.newest) // 3
	age := now - min(now, trust.iat)
	need(asked.online || age <= rules.trustAge, "TRUST_TOO_OLD")
	signer := trust.signer(pass, inner, now)
	exp, about := at[uint64](says, 4), at[Map](says, -65537)
	iat, how := at[uint64](claims, 6), at[Map](claims, -65538)
	concessions, carries := about[uint64(5)]
	masked, named := says.(Map)[uint64(169)]
	need(exp <= math.MaxInt64 && (exp+28800)%day == 0 &&
		within(about[uint64(2)], 1, 4) && within(about[uint64(3)], 1, 4) && label(about[uint64(4)]) && (!carries || within(concessions, 0, math.MaxUint16)) &&
		(!named || text(1, 24)(masked.(Map)[uint64(4)])), "PASS_CLAIMS") // 5
	device := loadPoint(at[Map](says, 8, 1))
	need(device != nil, "DEVICE_KEY")
	need(now+day+30 >= exp, "PASS_NOT_YET_VALID") // 7
	need(now < exp+60, "PASS_EXPIRED")
	need(isSigned(code, device), "CODE_SIGNATURE")
	tier, limit := at[uint64](how, 1), at[uint64](how, 2)
	fits := !answers || text(1, 22)(audience) && sized(8, 16)(nonce)
	need(1 <= tier && tier <= 3 && limit <= math.MaxUint16 && fits, "CODE_CLAIMS") // 9
	need(iat <= now+30, "CLOCK_AHEAD")
	need(now-min(now, iat) <= 60, "CODE_EXPIRED")
	if answers { // 11
		shown := asked.shown
		same := shown != nil && audience == shown.audience && bytes.Equal(nonce.([]byte), shown.nonce)
		need(same, "CHALLENGE_MISMATCH")
	}
	need(answers || asked.shown == nil && !rules.challenge, "CHALLENGE_MISSING")
	need(limit == 0 || limit == rules.number, "SCENE_MISMATCH") // 12
	need(asked.online || rules.offline, "OFFLINE_NOT_ALLOWED")
	need(min(at[uint64](about, 2), at[uint64](about, 3)+1, tier+1) >= rules.level, "LEVEL_TOO_LOW")
	need(len(lists) > 0, "STATUS_MISSING") // 13
	index := at[uint64](about, 4)
	uri := fmt.Sprintf("%s%d/%d", signer.prefix, exp, index>>20)
	var ours *Status
	for at := range lists {
		if lists[at].uri == uri && (ours == nil || lists[at].iat > ours.iat) {
			ours = &lists[at]
		}
	}
	need(ours != nil, "STATUS_FOREIGN")
	place := index % (1 << 20) * ours.bits
	need(place/8 < uint64(len(ours.list)), "STATUS_INDEX")
	need(now+30 >= ours.iat, "VERIFIER_CLOCK_BEHIND")
	status := uint64(ours.list[place/8]) >> (place % 8) & (1<<ours.bits - 1)
	need(status != 2, "FROZEN")
	need(status == 0, "REVOKED")
	need(ours.exp > now && (asked.online || now-min(now, ours.iat) <= rules.statusAge), "STATUS_TOO_OLD")
	digest := sha256.Sum256(at[[]byte](says, 8, 1, -2)) // 14
	before, used := asked.seen(fmt.Sprintf("%x %d", digest[:16], iat), now, asked.operator)
	need(!used || rules.desk && before == asked.operator, "REPLAY")
	if used {
		return "OK_AGAIN"
	}
	return "OK"
}

// Clean takes away what scanners add.
func Clean(scanned string) string {
	return strings.Map(func(one rune) rune {
		switch {
		case strings.ContainsRune("\r\n\t ", one):
			return -1
		case '０' <= one && one <= '９':
			return one - '０' + '0'
		}
		return one
	}, scanned)
}

func unhex(field string) []byte {
	if field == "-" {
		return nil
	}
	data, err := hex.DecodeString(field)
	if err != nil {
		panic(err)
	}
	return data
}

func answer(line string) string {
	field := strings.Split(line, "\t")
	number := func(place int) uint64 {
		value, err := strconv.ParseUint(field[place], 10, 64)
		if err != nil {
			panic(err)
		}
		return value
	}
	now, rules := number(0), AnyScene
	root, err := x509.ParsePKIXPublicKey(unhex(field[2]))
	if err != nil {
		panic(err)
	}
	trust := LoadTrust(unhex(field[3]), root.(*ecdsa.PublicKey), number(4))
	if field[5] != "-" {
		rules = LoadScene(unhex(field[5]), trust, now, number(7), number(6))
	}
	var lists []Status
	for _, one := range strings.Split(field[8], ",") {
		if one != "-" {
			lists = append(lists, LoadStatus(unhex(one), trust, now, 0))
		}
	}
	if field[13] == "-" {
		trust.check(now, number(1))
		return "OK"
	}
	seen := func(string, uint64, string) (string, bool) { return field[12], field[12] != "-" }
	asked := Question{now: now, newest: number(1), scene: rules, operator: field[11], seen: seen}
	asked.online = field[14] == "online"
	if field[9] != "-" {
		asked.shown = &Challenge{string(unhex(field[9])), unhex(field[10])}
	}
	return Verify(string(unhex(field[13])), trust, lists, asked)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		fmt.Println(Reason(func() string { return answer(lines.Text()) }))
	}
}
