package dataprotect

import (
	"context"
	"regexp"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Secret is a secret of Secrets Manager. The zero value with a name holds a random password that nobody has seen, and may be
// read by whom the account's IAM policies let.
//
// The value is written when the secret is created and when Version changes, never to "repair" it: what a rotation or a
// person has put there since stays. An adopted secret keeps its value too.
//
// A secret holds data: it is removed only when AllowDelete names it, and can be had back, value included, by declaring
// it again within RecoveryWindow.
type Secret struct {
	Name        string // 1–512 letters, digits and /_+=.@-
	Description string
	Key         id.KeyARN // AWS's own key aws/secretsmanager if empty
	Value       Source    // Password(32) if nil
	// Version is a label for the value; "1" if empty. Another label has the value written again, from Value. A label that
	// was used for an earlier value can't be used again.
	Version string
	// RotateEvery has RotationLambda change the value, in whole days from 1 to 1,000. Not at all if zero.
	RotateEvery    time.Duration
	RotationLambda id.ARN
	// RecoveryWindow is how long a removed secret can still be had back, in whole days: 7–30, 30 if zero.
	// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
	RecoveryWindow time.Duration
	// ReadableBy are the only roles that may read the value, whatever IAM policies say. That of the rotation function must
	// be among them. If empty, IAM policies decide.
	ReadableBy []id.RoleARN
	Policy     policy.Document // is added to that
	Tags       map[string]string
}

type secretState struct {
	Name           string `zt:"key"`
	ARN            string `zt:"output"`
	Description    string
	Key            string
	Version        string
	Policy         policy.Document
	RotationDays   int32 // 0 is off
	RotationLambda string
	Tags           map[string]string   `zt:"tags"`
	Value          Source              `zt:"-"`
	Window         int32               `zt:"-"`
	Stages         map[string][]string `zt:"-"` // by version id
	Created        time.Time           `zt:"output"`
}

var secrets = &ztcore.Kind[secretState]{
	Name: "dataprotect.Secret", Permissions: &secretsNeed, PermissionsFor: secretsNeedFor,
	Read: readSecrets, Create: createSecret, Update: updateSecret, Delete: deleteSecret, Check: checkSecret, Refuse: refuseSecret,
	Retry:     []ztcore.Retry{{Code: "MalformedPolicyDocumentException", Message: "principal"}},
	HoldsData: true,
	Controls:  []string{"FSBP SecretsManager.1", "NIST SP 800-207 tenet 2", "NIST SP 800-207 tenet 4"},
}

var secretsNeed = ztcore.Permissions{
	Read: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets"},
	Write: []string{
		"secretsmanager:CancelRotateSecret", "secretsmanager:CreateSecret", "secretsmanager:DeleteResourcePolicy", "secretsmanager:PutResourcePolicy",
		"secretsmanager:PutSecretValue", "secretsmanager:RestoreSecret", "secretsmanager:RotateSecret", "secretsmanager:TagResource", "secretsmanager:UpdateSecret",
	},
	Delete: []string{"secretsmanager:DeleteSecret"},
}

// secretsNeedFor is the use of a key of one's own, and of the function that rotates.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html and API_RotateSecret.html
func secretsNeedFor(want secretState) (p ztcore.Permissions) {
	if want.Key != "" {
		p.Write = append(p.Write, "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
	}
	if want.RotationLambda != "" {
		p.Write = append(p.Write, "lambda:InvokeFunction")
	}
	return p
}

// ARN is the secret's ARN. Secrets Manager adds a random suffix, so it is not known before the secret exists.
func (s Secret) ARN() id.SecretARN { return id.SecretARN(secrets.Ref(s.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (s Secret) Declare(d *ztcore.Declaration) {
	want := secretState{
		Name: s.Name, Description: s.Description, Key: string(s.Key), Version: s.Version, Policy: s.policy(),
		RotationDays: days(s.RotateEvery, 0), RotationLambda: string(s.RotationLambda), Tags: s.Tags, Value: s.Value, Window: days(s.RecoveryWindow, 30),
	}
	if want.Version == "" {
		want.Version = "1"
	}
	if want.Value == nil {
		want.Value = Password(32)
	}
	secrets.Declare(d, s.Name, want).Note(removalNote("deletes the secret", want.Window))
}

var (
	secretNameRE = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)
	arnSuffixRE  = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)
)

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
func checkSecret(want secretState) []ztcore.Finding {
	out := append(lint(want.Policy, policy.SecretPolicy, "dataprotect.secret-open"), checkWindow("RecoveryWindow", want.Window)...)
	if !secretNameRE.MatchString(want.Name) {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: want.Name + " can't be the name of a secret", Fix: "use 1–512 letters, digits and /_+=.@-"})
	}
	if arnSuffixRE.MatchString(want.Name) {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: want.Name + " ends as the ARN of another secret may", Fix: "don't end with a hyphen and six characters"})
	}
	switch {
	case want.RotationDays < 0 || want.RotationDays > 1000:
		out = append(out, ztcore.Finding{Attribute: "RotateEvery", Message: "secrets rotate every 1 to 1,000 whole days", Fix: "use a multiple of 24 hours"})
	case (want.RotationDays == 0) != (want.RotationLambda == ""):
		out = append(out, ztcore.Finding{Attribute: "RotationLambda", Message: "RotateEvery and RotationLambda need each other", Fix: "set both or neither"})
	}
	return out
}

func readSecrets(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[secretState]) ([]secretState, error) {
	want := q.Want
	if q.Owned {
		others, err := ownedSecrets(ctx, sc, want)
		if err != nil {
			return nil, err
		}
		want = append(want, others...)
	}
	found := make([]*secretState, len(want))
	err := ztcore.Each(ctx, len(want), func(ctx context.Context, i int) error {
		have, deleted, err := readSecret(ctx, sc, want[i].Name)
		if have != nil && !deleted {
			have.Window = want[i].Window
			found[i] = have
		}
		return err
	})
	return present(found), err
}
