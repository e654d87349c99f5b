// The certificate a client presented, as the header Client-Cert of RFC 9440 tells it: the DER form in Base64
// between colons. Without one the header is empty, and nginx leaves it out.
function header(request) {
    const pem = request.variables.ssl_client_raw_cert;
    return pem ? ":" + pem.replace(/-----[A-Z ]+-----|\s/g, "") + ":" : "";
}

export default { header };
