-- Keeps a person from being erased until the transaction ends. Returns false if there is no such person.
-- For functions of other contexts; Python code calls netflix.accounts.services.lock_user.
CREATE OR REPLACE FUNCTION accounts_lock_user(person bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts_user WHERE id = person FOR KEY SHARE;
    RETURN FOUND;
END $$;
