package ztcore

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"reflect"
	"sync"
	"time"
)

// creation is what one task knows of what it has made: its creates, the first one and those that repeat it.
type creation struct {
	begun       time.Time
	predecessor string // what this run has removed to make it anew

	mu         sync.Mutex
	answers    map[uint64]bool // of every text that AWS has answered its writes with, ids among them: the hash, for some are secrets
	first      time.Time       // when the first call of the last attempt was answered
	token      bool            // a client token was asked for
	generation int             // of client tokens
}

func (c *creation) wrote(answer any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first.IsZero() {
		c.first = time.Now()
	}
	if answer != nil {
		visit(reflect.ValueOf(answer), func(s string) { c.answers[maphash.String(answered, s)] = true })
	}
}

// attempt begins another create.
func (c *creation) attempt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.first = time.Time{}
	if c.answers == nil {
		c.begun, c.answers = time.Now(), map[uint64]bool{}
	}
}

// since is when the last create has changed something; zero if it has not.
func (c *creation) since() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.first
}

// made reports whether an object that was read is this task's, by what AWS calls it.
func (c *creation) made(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return id != "" && c.answers[maphash.String(answered, id)]
}

// recent reports whether the last create has made something that must show, if it does not yet, beside what another run has made.
func (c *creation) recent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.first.IsZero() && time.Since(c.first) < lostCreate
}

// mentioned reports whether an error speaks of what a request with a client token was answered with.
func (c *creation) mentioned(err error) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := false
	eachName(err.Error(), func(name string) {
		found = found || c.token && len(name) > 5 && c.answers[maphash.String(answered, name)]
	})
	return found
}

var answered = maphash.MakeSeed()

// another has the next create bear another client token, and reports whether that can help.
func (c *creation) another() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.token || c.generation == lastGeneration {
		return false
	}
	c.generation++
	return true
}

// Tokens are good for tokenWindow, and of so many objects that were deleted and made again within it the engine takes notice.
const (
	tokenWindow    = 10 * time.Minute
	lastGeneration = 10
)

// tokenMembers are what AWS calls the idempotency token of a request.
var tokenMembers = []string{"ClientToken", "ClientRequestToken", "IdempotencyToken", "CreatorRequestId", "CallerReference"}

// withToken is an input of the SDK with an idempotency token, where it takes one and the kind has set none: the same in every process
// that makes the same request for the same baseline in the same ten minutes, so that two at once, and a repetition after a lost answer,
// are answered with one object. The SDK's own would be random.
//
// It has the form of a UUID, which every service takes. AWS remembers a token for longer than what it has made may live, and then
// answers with what is gone ("the retry succeeds without performing any further actions") or refuses it. So what was removed by this
// run is part of it, and a create whose object does not show in time, or whose token is refused, is repeated with the next one.
// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
func (c *creation) withToken(sc *Scope, input any) any {
	v := reflect.ValueOf(input)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return input
	}
	for _, name := range tokenMembers {
		member, ok := v.Elem().Type().FieldByName(name)
		if !ok || member.Type != reflect.TypeFor[*string]() || !v.Elem().FieldByIndex(member.Index).IsNil() {
			continue
		}
		content, err := json.Marshal(input)
		if err != nil {
			return input // the SDK's random one protects this call alone
		}
		c.mu.Lock()
		c.token = true
		window := c.begun.Unix() / int64(tokenWindow/time.Second)
		h := sha256.Sum256(fmt.Appendf(content, "\x00%T\x00%s\x00%s\x00%s\x00%s\x00%d\x00%d", input, sc.Account, sc.Region, sc.Baseline, c.predecessor, window, c.generation))
		c.mu.Unlock()
		token := fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
		changed := reflect.New(v.Elem().Type())
		changed.Elem().Set(v.Elem())
		changed.Elem().FieldByIndex(member.Index).Set(reflect.ValueOf(&token))
		return changed.Interface()
	}
	return input
}
