package fakeiam_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"
)

var seeds = map[string][]byte{} // by serial number

func makeDevice(t *testing.T, c *iam.Client, name string) (serial string) {
	t.Helper()
	out, err := c.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &name})
	require.NoError(t, err)
	seeds[*out.VirtualMFADevice.SerialNumber] = out.VirtualMFADevice.Base32StringSeed
	return *out.VirtualMFADevice.SerialNumber
}

// totp is RFC 4226's truncation over RFC 6238's counter, written independently of the fake.
func totp(t *testing.T, seed []byte, at time.Time) string {
	t.Helper()
	secret, err := base32.StdEncoding.DecodeString(string(seed))
	require.NoError(t, err)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at.Unix()/30))
	mac := hmac.New(sha1.New, secret)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at4 := sum[sum[19]&15:]
	n := uint32(at4[0]&0x7f)<<24 | uint32(at4[1])<<16 | uint32(at4[2])<<8 | uint32(at4[3])
	return fmt.Sprintf("%06d", n%1e6)
}

func enabling(t *testing.T, user, serial string, first, second time.Time) *iam.EnableMFADeviceInput {
	t.Helper()
	return &iam.EnableMFADeviceInput{
		UserName: &user, SerialNumber: &serial,
		AuthenticationCode1: aws.String(totp(t, seeds[serial], first)), AuthenticationCode2: aws.String(totp(t, seeds[serial], second)),
	}
}

func enable(t *testing.T, c *iam.Client, user, serial string) {
	t.Helper()
	_, err := c.EnableMFADevice(ctx, enabling(t, user, serial, time.Now(), time.Now().Add(30*time.Second)))
	require.NoError(t, err)
}

func TestDeviceWantsTwoConsecutiveCodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := client(t)
		makeUser(t, c, "u")
		serial := makeDevice(t, c, "example-user")
		require.Equal(t, "arn:aws:iam::123456789012:mfa/example-user", serial)
		step := 30 * time.Second
		now := time.Now()
		for name, codes := range map[string][2]time.Time{
			"the same twice": {now, now},
			"one left out":   {now, now.Add(2 * step)},
			"wrong order":    {now.Add(step), now},
			"an hour ago":    {now.Add(-time.Hour), now.Add(-time.Hour + step)},
		} {
			_, err := c.EnableMFADevice(ctx, enabling(t, "u", serial, codes[0], codes[1]))
			var refused *types.InvalidAuthenticationCodeException
			require.ErrorAs(t, err, &refused, name)
			require.Equal(t, 403, status(err), name)
		}
		_, err := c.EnableMFADevice(ctx, enabling(t, "u", serial, now.Add(-step), now))
		require.NoError(t, err)
		_, err = c.EnableMFADevice(ctx, enabling(t, "u", serial, now, now.Add(step)))
		require.Equal(t, "EntityAlreadyExists", code(err))

		time.Sleep(time.Hour)
		_, err = c.ResyncMFADevice(ctx, &iam.ResyncMFADeviceInput{UserName: aws.String("u"), SerialNumber: &serial, AuthenticationCode1: aws.String("000000"), AuthenticationCode2: aws.String("000000")})
		require.Equal(t, "InvalidAuthenticationCode", code(err))
		good := enabling(t, "u", serial, time.Now(), time.Now().Add(step))
		_, err = c.ResyncMFADevice(ctx, &iam.ResyncMFADeviceInput{UserName: good.UserName, SerialNumber: good.SerialNumber, AuthenticationCode1: good.AuthenticationCode1, AuthenticationCode2: good.AuthenticationCode2})
		require.NoError(t, err)
	})
}

func TestDeviceFromCreationToDeletion(t *testing.T) {
	cloud, c := client(t)
	user := makeUser(t, c, "u")
	used, free := makeDevice(t, c, "used"), makeDevice(t, c, "free")
	require.Len(t, seeds[used], 64)
	require.NotEqual(t, seeds[used], seeds[free])
	enable(t, c, "u", used)
	require.NotContains(t, cloud.Snapshot(), string(seeds[used]))

	for status, want := range map[types.AssignmentStatusType][]string{"": {free, used}, "Any": {free, used}, "Assigned": {used}, "Unassigned": {free}} {
		out, err := c.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{AssignmentStatus: status})
		require.NoError(t, err)
		var got []string
		for _, d := range out.VirtualMFADevices {
			require.Empty(t, d.Base32StringSeed, "the seed is answered once")
			if *d.SerialNumber == used {
				require.Equal(t, *user.Arn, *d.User.Arn)
				require.NotNil(t, d.EnableDate)
			}
			got = append(got, *d.SerialNumber)
		}
		require.Equal(t, want, got, status)
	}
	device, err := c.GetMFADevice(ctx, &iam.GetMFADeviceInput{SerialNumber: &used, UserName: aws.String("u")})
	require.NoError(t, err)
	require.NotNil(t, device.EnableDate)

	_, err = c.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &used})
	require.Equal(t, "DeleteConflict", code(err))
	_, err = c.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: aws.String("u"), SerialNumber: &free})
	require.Equal(t, "NoSuchEntity", code(err))
	_, err = c.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: aws.String("u"), SerialNumber: &used})
	require.NoError(t, err)
	_, err = c.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &used})
	require.NoError(t, err)
	_, err = c.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("free")})
	require.Equal(t, "EntityAlreadyExists", code(err))
}
