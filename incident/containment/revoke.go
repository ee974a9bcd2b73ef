package containment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// RevokeSessions denies everything to the sessions that the targets' roles, and the roles of Chain, have issued up to now, in all
// accounts side by side. The cut-off is never in the past: a stolen session is as old as the theft, and one that was issued
// since may be stolen as well. Each later RevokeSessions of a playbook, or another run of it, renews the cut-off.
type RevokeSessions struct {
	// Chain are roles that may have been assumed from the targets' roles, in any account that Configs knows.
	Chain []id.RoleARN
	// Skew is how far ahead of this clock the cut-off is, for AWS's own clocks and for the time until the policy is in force
	// everywhere. 0 is one minute. Sessions issued until then are denied as well: who is legitimate gets another.
	Skew time.Duration
}

// Name implements Step.
func (RevokeSessions) Name() string { return "revoke sessions" }

// Limits implements Step.
func (RevokeSessions) Limits() []string {
	return []string{
		"All sessions of the role up to the cut-off are denied, other users' as well; those that can will get new ones.",
		"A session that was issued by assuming another role from it lives on unless that role is in the chain; presigned URLs end with the session that made them.",
		"It takes effect within minutes, not at once. It ends no session: the deny must stay until the last one has expired.",
		"Who can still assume the role, or change its policies, is not stopped.",
	}
}

func (s RevokeSessions) check() []ztcore.Finding {
	var out []ztcore.Finding
	if s.Skew < 0 {
		out = append(out, ztcore.Finding{Attribute: "RevokeSessions.Skew", Message: "the cut-off would be in the past, and spare sessions that are stolen already", Fix: "use 0 or more"})
	}
	for _, a := range s.Chain {
		if _, _, err := roleIn(string(a)); err != nil {
			out = append(out, ztcore.Finding{Attribute: "RevokeSessions.Chain", Message: err.Error(), Fix: "use the ARN of a role"})
		}
	}
	return out
}

// roleIn takes the account and the name from a role's ARN.
func roleIn(arn string) (account, name string, err error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return "", "", fmt.Errorf("%q is no role's ARN", arn)
	}
	return parts[4], nameIn(arn), nil
}

// nameIn is the name at the end of an ARN, without its path.
func nameIn(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

func (s RevokeSessions) do(ctx context.Context, r *run) error {
	roles := r.roles()
	for _, a := range s.Chain {
		if !slices.Contains(roles, string(a)) {
			roles = append(roles, string(a))
		}
	}
	if len(roles) == 0 {
		return r.note(ctx, Skipped, "", "no target has a role")
	}
	return ztcore.Each(ctx, len(roles), func(ctx context.Context, k int) error {
		if err := s.revoke(ctx, r, roles[k]); err != nil {
			return fmt.Errorf("sessions of %s: %w", roles[k], err)
		}
		return nil
	})
}

// roles are those of the targets, each once.
func (r *run) roles() []string {
	var out []string
	for _, s := range r.subjects {
		if s.role != "" && !slices.Contains(out, s.role) {
			out = append(out, s.role)
		}
	}
	return out
}

func (s RevokeSessions) revoke(ctx context.Context, r *run, arn string) error {
	account, role, err := roleIn(arn)
	if err != nil {
		return err
	}
	if unmodifiable(arn) {
		return &UnmodifiableRoleError{Role: arn}
	}
	if strings.Contains(r.caller, ":sts::"+account+":assumed-role/"+role+"/") {
		return errors.New("this run works as that role itself, and would lock itself out; use another identity")
	}
	at := place{Account: account}
	if err := r.set(ctx, at, roleTruce, role, r.c.Case.tags()); err != nil {
		return err
	}
	r.affects("whoever works as %s with a session from before the cut-off has to get a new one", arn)
	skew := s.Skew
	if skew == 0 {
		skew = time.Minute
	}
	cutoff := time.Now().Add(skew + time.Second).Truncate(time.Second)
	return r.set(ctx, at, roleDeny, role+"|"+r.c.Case.name(""), revocation(cutoff).JSON())
}

// DetachProfile takes the instance profile off the instance, so that it gets no new credentials.
type DetachProfile struct{}

// Name implements Step.
func (DetachProfile) Name() string { return "detach profile" }

// Limits implements Step.
func (DetachProfile) Limits() []string {
	return []string{
		"Credentials that were issued stay valid until they expire: only RevokeSessions denies them.",
		"The instance's agents lose their access as well.", "The association has another id when the profile comes back.",
	}
}

func (DetachProfile) do(ctx context.Context, r *run) error {
	return r.each(ctx, Instance, func(ctx context.Context, _ aws.Config, s *subject) error {
		return r.set(ctx, s.at, instanceProfile, s.ID, "")
	})
}

// CloseMetadata turns the instance metadata service off, so that nothing inside reads credentials from it.
type CloseMetadata struct{}

// Name implements Step.
func (CloseMetadata) Name() string { return "close metadata" }

// Limits implements Step.
func (CloseMetadata) Limits() []string {
	return []string{"Credentials that were read stay valid until they expire: only RevokeSessions denies them.", "The instance's agents lose their access as well."}
}

func (CloseMetadata) do(ctx context.Context, r *run) error {
	return r.each(ctx, Instance, func(ctx context.Context, _ aws.Config, s *subject) error {
		return r.set(ctx, s.at, metadataEndpoint, s.ID, string(types.InstanceMetadataEndpointStateDisabled))
	})
}

// DeactivateKeys deactivates access keys: those that are targets, and those of Keys. It deletes none, and never touches all keys of a user
// because the user is a target.
type DeactivateKeys struct {
	Keys []string // AKIA…, in the account of the configuration
	// Most is how many keys may be deactivated; with more than that none is. 0 is 3.
	Most int
}

// Name implements Step.
func (DeactivateKeys) Name() string { return "deactivate keys" }

// Limits implements Step.
func (DeactivateKeys) Limits() []string {
	return []string{
		"Sessions that were made with a key, by GetSessionToken or by assuming roles, go on: revoke those of the roles.",
		"The user's password, and other keys of the user, stay as they are.",
	}
}

// CeilingError says that more would be touched than is allowed, so that nothing was.
type CeilingError struct {
	What       string
	Count, Max int
}

func (e *CeilingError) Error() string {
	return fmt.Sprintf("%d %s would be touched, and at most %d may be; nothing was done to any of them", e.Count, e.What, e.Max)
}

func (d DeactivateKeys) do(ctx context.Context, r *run) error {
	type key struct {
		at place
		id string
	}
	var keys []key
	for _, s := range r.subjects {
		switch s.Kind {
		case AccessKey:
			keys = append(keys, key{place{Account: s.Account}, s.ID})
		case User:
			if err := r.note(ctx, Noted, s.ID, "the user's keys are untouched: name the ones that are known to be used by the intruder"); err != nil {
				return err
			}
		}
	}
	for _, k := range d.Keys {
		if own := (key{place{Account: r.home.Account}, k}); !slices.Contains(keys, own) {
			keys = append(keys, own)
		}
	}
	most := d.Most
	if most == 0 {
		most = 3
	}
	switch {
	case len(keys) == 0:
		return r.note(ctx, Skipped, "", "no access key is named")
	case len(keys) > most:
		return &CeilingError{"access keys", len(keys), most}
	}
	return ztcore.Each(ctx, len(keys), func(ctx context.Context, k int) error {
		if err := r.deactivate(ctx, keys[k].at, keys[k].id); err != nil {
			return fmt.Errorf("access key %s: %w", keys[k].id, err)
		}
		return nil
	})
}

func (r *run) deactivate(ctx context.Context, at place, key string) error {
	cfg, err := r.config(ctx, at)
	if err != nil {
		return err
	}
	out, err := iam.NewFromConfig(cfg).GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &key})
	if err != nil {
		return err
	}
	user := aws.ToString(out.UserName)
	quarantine, err := quarantineOf(ctx, cfg, user)
	if err != nil {
		return err
	}
	if quarantine != "" {
		if err := r.note(ctx, Noted, key, "AWS has attached %s to %s already, and nothing is put on top of it", quarantine, user); err != nil {
			return err
		}
	}
	if err := r.set(ctx, at, userTruce, user, r.c.Case.tags()); err != nil {
		return err
	}
	return r.set(ctx, at, keyStatus, user+"|"+key, iamtypes.StatusTypeInactive)
}
