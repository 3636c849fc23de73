package sqsqueue

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// AttributeRequestID is the message attribute with the request id of the job's note, for logs and traces.
	AttributeRequestID = "request_id"
	// AttributeEncoding is the message attribute that says how a body is written which SQS could not carry as it is.
	AttributeEncoding = "encoding"
	// AttributeGroup is the message attribute with the group as it was sent, if its MessageGroupId is only its hash.
	AttributeGroup = "group"
	// AttributeDelay is the message attribute with the delay that a message was sent with, a Number of whole seconds; absent is
	// none. SQS tells when a message was sent, not from when on it could be received.
	AttributeDelay = "delay"
	// Base64 is the value of AttributeEncoding for standard base64; bodies without the attribute stand as they are.
	Base64 = "base64"
)

const (
	// maxBody is the largest body of a message in bytes, and maxDelay the longest delay (both of the port; SQS has the same
	// limit for the delay).
	maxBody  = 64 << 10
	maxDelay = 15 * time.Minute
	// maxGroup is the longest group in bytes.
	maxGroup = 1 << 10
	// maxGroupID is the longest MessageGroupId of SQS.
	maxGroupID = 128
	// maxRequestID is the longest request id that is set as an attribute.
	maxRequestID = 256
	// perRequest is how many messages one request carries, maxRequest how many bytes they may have together (AWS's
	// documentation of November 2026).
	perRequest = 10
	maxRequest = 1 << 20
	// maxEntry is the largest entry: a body in base64 and all attributes with their names and types.
	maxEntry = (maxBody+2)/3*4 + maxGroup + maxGroupID + maxRequestID + 256
)

// Ten of the largest entries fit into one request, so nothing needs to count bytes; the compiler checks it.
const _ uint = maxRequest - perRequest*maxEntry

// check refuses what the port or the queue does not take, before anything is sent.
func check(messages []ports.Message) error {
	if len(messages) > ports.MaxSend {
		return fault.New(fault.Invalid, "sqsqueue: send of %d messages: one call takes at most %d", len(messages), ports.MaxSend)
	}
	for i, message := range messages {
		if n := len(message.Body); n < 1 || n > maxBody {
			return fault.New(fault.Invalid, "sqsqueue: send: message %d has a body of %d bytes, allowed are 1 to %d", i, n, maxBody)
		}
		if n := len(message.Group); n > maxGroup {
			return fault.New(fault.Invalid, "sqsqueue: send: message %d has a group of %d bytes, allowed are up to %d", i, n, maxGroup)
		}
	}
	return nil
}

// entryOf is a message as SQS takes it. A delay is rounded up to the second: it must not become shorter.
func entryOf(id int, message ports.Message) types.SendMessageBatchRequestEntry {
	entry := types.SendMessageBatchRequestEntry{
		Id: aws.String(strconv.Itoa(id)), MessageBody: aws.String(string(message.Body)),
		DelaySeconds: seconds(message.Delay, maxDelay), MessageAttributes: map[string]types.MessageAttributeValue{},
	}
	if !carries(message.Body) {
		entry.MessageBody = aws.String(base64.StdEncoding.EncodeToString(message.Body))
		entry.MessageAttributes[AttributeEncoding] = text(Base64)
	}
	if note, err := job.ReadNote(message.Body); err == nil && note.RequestID != "" &&
		len(note.RequestID) <= maxRequestID && carries([]byte(note.RequestID)) {
		entry.MessageAttributes[AttributeRequestID] = text(note.RequestID)
	}
	if entry.DelaySeconds > 0 {
		entry.MessageAttributes[AttributeDelay] = types.MessageAttributeValue{
			DataType: aws.String("Number"), StringValue: aws.String(strconv.Itoa(int(entry.DelaySeconds))),
		}
	}
	if message.Group != "" {
		group := groupID(message.Group)
		entry.MessageGroupId = &group
		if group != message.Group {
			entry.MessageAttributes[AttributeGroup] = types.MessageAttributeValue{
				DataType: aws.String("Binary"), BinaryValue: []byte(message.Group),
			}
		}
	}
	return entry
}

func text(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
}

// seconds is a duration of 0 to most in whole seconds, rounded up.
func seconds(d, most time.Duration) int32 {
	return int32((min(max(d, 0), most) + time.Second - 1) / time.Second)
}

// carries reports whether SQS takes a text: #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD and all above #xFFFF.
func carries(body []byte) bool {
	if !utf8.Valid(body) {
		return false
	}
	for _, r := range string(body) {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

// groupID is the group itself if it is 1 to 128 visible ASCII characters, all that a MessageGroupId may have; otherwise
// it is the group's hash: the same group has the same one.
func groupID(group string) string {
	plain := len(group) <= maxGroupID
	for i := range len(group) {
		plain = plain && group[i] > ' ' && group[i] <= '~'
	}
	if plain {
		return group
	}
	sum := sha256.Sum256([]byte(group))
	return hex.EncodeToString(sum[:])
}

// lay is how long a message had lain at now that was sent at sent, in milliseconds as SQS has it, with a delay as in
// AttributeDelay: what it was to rest is no waiting. It is 0 for what cannot be read.
func lay(now time.Time, sent, delay string) time.Duration {
	at, err := strconv.ParseInt(sent, 10, 64)
	if err != nil {
		return 0
	}
	rest, _ := strconv.Atoi(delay)
	rest = min(max(rest, 0), int(maxDelay/time.Second))
	return max(now.Sub(time.UnixMilli(at))-time.Duration(rest)*time.Second, 0)
}

// decoded is the body of a message as it was sent, by the value of AttributeEncoding, empty for none. A body that cannot be read
// as it says is handed on as it stands: whoever gets it judges it.
func decoded(body, encoding string) []byte {
	if encoding == Base64 {
		if plain, err := base64.StdEncoding.DecodeString(body); err == nil {
			return plain
		}
	}
	return []byte(body)
}
