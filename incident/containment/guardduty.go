package containment

import (
	"encoding/json"
	"fmt"
	"time"
)

// guardDutyFinding is what is used of a finding of GuardDuty, in the case of either of its two forms.
// https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html
type guardDutyFinding struct {
	ID, ARN, Type, Title string
	AccountID, Region    string
	Severity             float64
	CreatedAt, UpdatedAt string
	Service              struct{ EventLastSeen string }
	Resource             struct {
		ResourceType     string
		InstanceDetails  *guardDutyInstance
		AccessKeyDetails *struct{ AccessKeyID, PrincipalID, UserName, UserType string }
		S3BucketDetails  []struct {
			ARN, Name string
			Owner     struct{ ID string }
		}
	}
}

type guardDutyInstance struct {
	InstanceID         string
	IAMInstanceProfile struct{ ARN string }
}

func parseGuardDuty(text []byte) ([]Finding, error) {
	var g guardDutyFinding
	if err := json.Unmarshal(text, &g); err != nil {
		return nil, fmt.Errorf("the text is no finding of GuardDuty: %w", err)
	}
	f := Finding{
		ID: g.ARN, Source: "GuardDuty", Type: g.Type, Title: g.Title, Account: g.AccountID, Region: g.Region,
		Severity: guardDutySeverity(g.Severity), At: firstTime(g.Service.EventLastSeen, g.UpdatedAt, g.CreatedAt),
	}
	if f.ID == "" {
		f.ID = g.ID
	}
	r := g.Resource
	if d := r.InstanceDetails; d != nil {
		f.add(Reference{Kind: ByInstance, Value: d.InstanceID})
	}
	if d := r.AccessKeyDetails; d != nil {
		f.principal(d.UserType, d.UserName, d.AccessKeyID)
	}
	for _, b := range r.S3BucketDetails {
		if b.Name == "" {
			f.addText(b.ARN)
			continue
		}
		f.add(Reference{Kind: ByBucket, Value: b.Name})
	}
	if len(f.References) == 0 && len(f.Untouched) == 0 {
		f.Untouched = append(f.Untouched, "a resource of type "+r.ResourceType)
	}
	return f.one()
}

// guardDutySeverity: low is 1–3.9, medium 4–6.9, high 7–8.9, critical from 9.
// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
func guardDutySeverity(n float64) Severity {
	switch {
	case n >= 9:
		return Critical
	case n >= 7:
		return High
	case n >= 4:
		return Medium
	}
	return Low
}

func firstTime(texts ...string) time.Time {
	for _, text := range texts {
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return t
		}
	}
	return time.Time{}
}
