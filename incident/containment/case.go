package containment

import (
	"fmt"
	"regexp"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Severity is how bad a case is. It decides what may be waited for.
type Severity int

const (
	Low      Severity = iota // evidence comes first: a failed memory capture holds the playbook
	Medium                   // as Low
	High                     // containment comes first: it goes on without memory
	Critical                 // as High
)

func (s Severity) String() string {
	if s < Low || s > Critical {
		return fmt.Sprintf("severity %d", int(s))
	}
	return [...]string{"low", "medium", "high", "critical"}[s]
}

// MarshalText is String, for records and reports.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Severity) UnmarshalText(text []byte) error {
	for _, known := range []Severity{Low, Medium, High, Critical} {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("%q is no severity", text)
}

// Case is why something is contained, by whom, and until when: a containment is a lease, and an overdue one is a finding.
type Case struct {
	ID       string    `json:"id"`    // 1–40 letters, digits and hyphens; part of the names of what is made for the case
	Owner    string    `json:"owner"` // a person or team that answers for it
	Severity Severity  `json:"severity"`
	Review   time.Time `json:"review"`             // when the owner has to look at it again; in the future
	Detected time.Time `json:"detected,omitzero"`  // when the alarm was raised; the report counts time to contain from it
	Finding  string    `json:"finding,omitempty"`  // ARN or id of the finding, if one is the reason
	Summary  string    `json:"summary,omitempty"`  // what is thought to have happened, in a line
	Trail    []string  `json:"evidence,omitempty"` // further references, such as a ticket
}

// tags are the truce: what everybody sees on an object that the case holds.
func (c Case) tags() map[string]string {
	return map[string]string{ztcore.TagCase: c.ID, ztcore.TagCaseOwner: c.Owner, ztcore.TagCaseReview: c.Review.UTC().Format(time.RFC3339)}
}

// name is the name of what is made for the case.
func (c Case) name(what string) string {
	n := ztcore.CasePrefix + c.ID
	if what != "" {
		n += "-" + what
	}
	return n
}

var caseID = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?$`)

// ownerText is what all services take in a tag.
var ownerText = regexp.MustCompile(`^[\p{L}\p{N} _.:/=+@-]{1,256}$`)

// check finds what is wrong with a case before any call.
func (c Case) check(now time.Time) []ztcore.Finding {
	var out []ztcore.Finding
	bad := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if !caseID.MatchString(c.ID) {
		bad("Case.ID", fmt.Sprintf("%q can't name a case", c.ID), "use 1–40 letters, digits and hyphens")
	}
	if !ownerText.MatchString(c.Owner) {
		bad("Case.Owner", "the case has no owner that a tag can hold", "name a person or team in at most 256 letters, digits and _.:/=+@- and spaces")
	}
	if c.Severity < Low || c.Severity > Critical {
		bad("Case.Severity", c.Severity.String()+" is none that is known", "use Low, Medium, High or Critical")
	}
	switch {
	case c.Review.IsZero():
		bad("Case.Review", "the case has no review date, so it would be held for good", "say when its owner looks at it again")
	case !c.Review.After(now):
		bad("Case.Review", "the review date "+c.Review.Format(time.RFC3339)+" has passed", "set one in the future")
	}
	if c.Detected.After(now) {
		bad("Case.Detected", "the case was detected in the future", "set the time of the alarm, or leave it out")
	}
	return out
}
