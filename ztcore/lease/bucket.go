package lease

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Bucket is a lease in an S3 bucket. It is a value without state: any number of runs may use one, at once too.
type Bucket struct {
	Name   string // of the bucket; ztcore.AccountID and ztcore.Region may be part of it
	Region string // of the bucket, where that is not the run's; ztcore.Region may not be part of it
	Owner  string // the 12 digits of the bucket's account, where that is not the run's
	Prefix string // of the object's key, zerotrust/leases/ if empty

	// AccountWide has a baseline's runs in all regions of an account exclude one another. Without it each account and region has a
	// lease of its own, and so has each target of a ztcore.Fleet; with it, targets of one account want Wait.
	AccountWide bool

	Length time.Duration        // how long the lease outlives a run that dies; 1 minute to 12 hours, 5 minutes if zero
	Wait   time.Duration        // how long to wait for a lease that somebody holds; 0 is refused at once
	OnWait func(held HeldError) // is told of each holder that is waited for, once; from several goroutines if a fleet's targets wait
	Note   string               // for whoever comes second to read: a ticket, a pipeline's run; at most 1000 characters
}

const (
	shortest      = time.Minute
	longest       = 12 * time.Hour
	defaultLength = 5 * time.Minute
	defaultPrefix = "zerotrust/leases/"
)

var (
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
)

// at is where a scope's lease is. What can be told to be wrong without a call is a *ztcore.InvalidError.
func (b Bucket) at(sc *ztcore.Scope) (place, error) {
	var wrong []ztcore.Finding
	reject := func(field, message, fix string) {
		wrong = append(wrong, ztcore.Finding{Attribute: "lease.Bucket." + field, Message: message, Fix: fix})
	}
	p := place{owner: b.Owner, region: b.Region}
	p.bucket = strings.NewReplacer(ztcore.AccountID, sc.Account, ztcore.Region, sc.Region).Replace(b.Name)
	if !bucketName.MatchString(p.bucket) || strings.Contains(p.bucket, "..") {
		reject("Name", fmt.Sprintf("%q is no bucket's name", p.bucket), "use 3–63 lower-case letters, digits, hyphens and dots")
	}
	if p.owner == "" {
		p.owner = sc.Account
	}
	if !accountID.MatchString(p.owner) {
		reject("Owner", fmt.Sprintf("%q is no account", p.owner), "use its 12 digits")
	}
	if p.region == "" {
		p.region = sc.Region
	}
	if ztcore.HasToken(p.region) {
		reject("Region", "holds a token", "name the bucket's region, or leave it empty for the run's")
	}
	if l := b.length(); l < shortest || l > longest {
		reject("Length", l.String(), fmt.Sprintf("use %s to %s", shortest, longest))
	}
	if b.Wait < 0 {
		reject("Wait", b.Wait.String()+" is negative", "use 0 to be refused at once")
	}
	if n := len([]rune(b.Note)); n > 1000 {
		reject("Note", fmt.Sprintf("has %d characters", n), "use at most 1000")
	}
	prefix := b.Prefix
	if prefix == "" {
		prefix = defaultPrefix
	}
	part := sc.Region
	if b.AccountWide {
		part = "all-regions"
	}
	// A baseline's name may hold a slash, which must not lead into another's.
	p.key = prefix + url.PathEscape(sc.Baseline) + "/" + sc.Account + "/" + part + ".json"
	if len(p.key) > 1024 {
		reject("Prefix", fmt.Sprintf("makes the object's key %d bytes long", len(p.key)), "S3 takes 1024")
	}
	if len(wrong) > 0 {
		return p, &ztcore.InvalidError{Baseline: sc.Baseline, Findings: wrong}
	}
	return p, nil
}

func (b Bucket) length() time.Duration {
	if b.Length == 0 {
		return defaultLength
	}
	return b.Length
}

// place is an object in a bucket.
type place struct{ bucket, key, owner, region string }

// String is the form that the AWS CLI takes.
func (p place) String() string { return "s3://" + p.bucket + "/" + p.key }

// document is what the object holds. What counts are run, length and S3's Last-Modified; the rest is for people.
type document struct {
	Baseline string    `json:"baseline"`
	Account  string    `json:"account"`
	Region   string    `json:"region"` // of the run that holds it
	Holder   string    `json:"holder"` // ARN of the identity that makes the calls
	Note     string    `json:"note,omitempty"`
	Since    time.Time `json:"since"`
	Expires  time.Time `json:"expires"` // unless it is renewed
	Length   string    `json:"length"`  // as time.ParseDuration has it
	Run      string    `json:"run"`     // random, so that no two runs' objects have the same entity tag
}

// sighting is an object as a read showed it.
type sighting struct {
	doc   document
	etag  *string   // nil if there is none
	now   time.Time // by S3's clock
	until time.Time // when it expires, by S3's clock
	age   time.Duration
}

func (s sighting) there() bool { return s.etag != nil }
func (s sighting) live() bool  { return s.now.Before(s.until) }

// held is the error of a lease that another run has.
func (s sighting) held(p place) *HeldError {
	return &HeldError{Object: p.String(), Baseline: s.doc.Baseline, Account: s.doc.Account, Region: s.doc.Region, Holder: s.doc.Holder, Note: s.doc.Note, Run: s.doc.Run, Since: s.doc.Since, Until: s.until}
}
