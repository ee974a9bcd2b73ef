package containment

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Finding is what an alarm of GuardDuty or Security Hub says about something that may have to be contained.
type Finding struct {
	ID         string      `json:"id"`     // the finding's ARN
	Source     string      `json:"source"` // "GuardDuty" or "Security Hub"
	Type       string      `json:"type"`   // as UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS
	Title      string      `json:"title"`
	Severity   Severity    `json:"severity"`
	Account    string      `json:"account"`
	Region     string      `json:"region"`
	At         time.Time   `json:"at"`                  // when it was last seen
	References []Reference `json:"references"`          // what it is about, each once
	Untouched  []string    `json:"untouched,omitempty"` // what it names besides, which is nothing to contain, with the reason
}

// ParseFinding reads a finding as GuardDuty (GetFindings) or Security Hub (the AWS Security Finding Format, GetFindings) gives it,
// or the event of EventBridge that carries it. An event of Security Hub may hold several; then each is one result.
// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
// https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
func ParseFinding(text []byte) ([]Finding, error) {
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("the finding is no JSON: %w", err)
	}
	if len(e.Detail) > 0 {
		return ParseFinding(e.Detail)
	}
	if len(e.Findings) > 0 {
		var out []Finding
		for _, one := range e.Findings {
			found, err := ParseFinding(one)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
		return out, nil
	}
	switch {
	case len(e.Resources) > 0 && e.SchemaVersion == "2018-10-08":
		return parseASFF(text)
	case len(e.Resource) > 0:
		return parseGuardDuty(text)
	}
	return nil, errors.New("the text is no finding of GuardDuty or Security Hub: it has neither a resource nor resources")
}

// envelope tells the shapes apart. Names are compared without case, as GuardDuty writes them in two ways.
type envelope struct {
	Detail        json.RawMessage
	Findings      []json.RawMessage
	SchemaVersion string
	Resource      json.RawMessage
	Resources     json.RawMessage
}

// add takes a reference once.
func (f *Finding) add(r Reference) {
	if r.Value == "" {
		return
	}
	if r.Account == "" {
		r.Account = f.Account
	}
	switch r.Kind {
	case ByRole, ByUser, ByProfile, ByAccessKey, ByTemporaryKey, ByBucket:
		r.Region = "" // global services
	default:
		if r.Region == "" {
			r.Region = f.Region
		}
		r.At = f.At
	}
	for _, have := range f.References {
		if have == r {
			return
		}
	}
	f.References = append(f.References, r)
}

func (f *Finding) addText(text string) {
	r, err := ParseReference(text)
	if err != nil {
		f.Untouched = append(f.Untouched, err.Error())
		return
	}
	f.add(r)
}

// one requires that a finding names something.
func (f Finding) one() ([]Finding, error) {
	if len(f.References) == 0 {
		return nil, fmt.Errorf("finding %s names nothing that can be contained: %s", f.ID, strings.Join(f.Untouched, "; "))
	}
	return []Finding{f}, nil
}

// principal adds whoever made calls, by GuardDuty's accessKeyDetails or what the Security Finding Format has of a session.
func (f *Finding) principal(userType, name, keyID string) {
	switch strings.ToLower(userType) {
	case "root":
		f.Untouched = append(f.Untouched, "the account's root, whom no step can contain")
		return
	case "role", "assumedrole":
		f.add(Reference{Kind: ByRole, Value: name})
	case "federateduser":
		f.Untouched = append(f.Untouched, "a federated user's session, which ends with the permissions of the user who made it")
		return
	case "iamuser":
		if keyID == "" || strings.HasPrefix(keyID, "ASIA") {
			f.add(Reference{Kind: ByUser, Value: name})
		}
	}
	if keyID != "" && (strings.HasPrefix(keyID, "AKIA") || name == "") {
		f.add(keyReference(keyID))
	}
}
