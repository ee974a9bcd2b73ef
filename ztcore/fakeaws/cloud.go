package fakeaws

import (
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// DefaultAccount and DefaultRegion are where Config places its calls.
const (
	DefaultAccount = "123456789012"
	DefaultRegion  = "us-east-1"
)

// Cloud is one in-memory AWS: every account and region of it, the services that were installed, and the
// faults a test injected. Clouds share nothing with one another. All methods are safe for concurrent use.
type Cloud struct {
	handlers map[string]*handler  // by service import path and operation; fixed once New returns
	provided map[reflect.Type]any // what services offer one another
	installs []func(*Cloud)

	// world serializes handlers, so that each call is atomic and a backend needs no locks of its own.
	world sync.Mutex
	state state

	mu          sync.Mutex // guards what follows
	faults      []*Fault
	calls       []Call
	latency     func(Call) time.Duration
	propagation time.Duration
	staleFor    time.Duration
	flapping    bool
	reads       int
	pageSize    int
	keys        map[string]Caller // access key id → who signs with it
	serial      uint64            // the source of ids
	inFlight    map[string]int    // conflict domain → writes under way
	pace        float64           // see SetPace
	ahead       time.Duration     // see SetClock
	listings    map[string]any    // what pages are cut out of, by name
	begun       uint64            // listings
	watch       func(Call, World)
	rates       []Rate
	buckets     map[string]*bucket      // by account, region, service and operation
	restricted  map[string]*restriction // by the caller's ARN
}

// New makes an empty AWS with the given services, as in fakeaws.New(fakeiam.Install, fakes3.Install).
// A call to an operation that no service handles fails by name.
func New(install ...func(*Cloud)) *Cloud {
	c := &Cloud{
		handlers: map[string]*handler{},
		provided: map[reflect.Type]any{},
		keys:     map[string]Caller{},
		inFlight: map[string]int{},
		installs: install,

		restricted: map[string]*restriction{},
	}
	c.state.init()
	for _, in := range install {
		in(c)
	}
	return c
}

// Config is what a program under test loads its clients from: the default account's administrator in
// DefaultRegion. It reads no environment and no file, and no request made with it leaves the process.
func (c *Cloud) Config() aws.Config {
	return c.ConfigFor(DefaultAccount, DefaultRegion)
}

// ConfigFor is Config for an administrator of the given 12-digit account, in the given region.
func (c *Cloud) ConfigFor(account, region string) aws.Config {
	who := Caller{Account: account, ARN: "arn:" + Partition(region) + ":iam::" + account + ":user/administrator", UserID: "AIDAADMINISTRATOR" + account}
	return c.ConfigAs(who, region)
}

// ConfigAs is Config for a caller of the test's choosing. Its permissions are enforced only when Restrict says so: the fakes check
// what AWS checks on behalf of a service (a bucket policy at CreateTrail, say), not the caller's rights.
func (c *Cloud) ConfigAs(who Caller, region string) aws.Config {
	cred := c.Credentials(who)
	return aws.Config{
		Region:      region,
		Credentials: aws.CredentialsProviderFunc(cred.Retrieve),
		HTTPClient:  noNetwork{},
		APIOptions:  apiOptions(c, who.Account, region),
	}
}

// ID returns a new identifier of AWS's form: prefix followed by n lower-case hexadecimal digits, unique in
// this cloud and the same in every run that makes the same calls in the same order.
func (c *Cloud) ID(prefix string, n int) string { return prefix + c.digits("0123456789abcdef", n) }

// UniqueID is ID in the form of IAM's unique ids, as AROA… for a role: 17 characters after the prefix.
func (c *Cloud) UniqueID(prefix string) string {
	return prefix + c.digits("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17)
}

// UUID is ID in the form of a UUID, as KMS keys have.
func (c *Cloud) UUID() string {
	d := c.digits("0123456789abcdef", 32)
	return fmt.Sprintf("%s-%s-%s-%s-%s", d[:8], d[8:12], d[12:16], d[16:20], d[20:])
}

// digits spreads a counter over an alphabet (splitmix64), so that ids look as AWS's do yet repeat.
func (c *Cloud) digits(alphabet string, n int) string {
	c.mu.Lock()
	c.serial++
	seed := c.serial
	c.mu.Unlock()
	out := make([]byte, n)
	for i := range out {
		seed += 0x9e3779b97f4a7c15
		z := seed
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
		z = (z ^ (z >> 27)) * 0x94d049bb133111eb
		z ^= z >> 31
		out[i] = alphabet[z%uint64(len(alphabet))]
	}
	return string(out)
}

// Partition is the partition that a region belongs to: aws, aws-cn or aws-us-gov.
func Partition(region string) string {
	switch {
	case len(region) > 3 && region[:3] == "cn-":
		return "aws-cn"
	case len(region) > 7 && region[:7] == "us-gov-":
		return "aws-us-gov"
	}
	return "aws"
}
