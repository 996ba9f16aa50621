import Glibc

/// How many pixels the threads that read images may hold together: many threads with photographs
/// of phones would need more memory than there is.
public final class PixelBudget: @unchecked Sendable {
  private let most: Int
  private var used = 0
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let isLess = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  public init(_ most: Int) {
    self.most = most
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(isLess, nil)
  }

  deinit {
    pthread_cond_destroy(isLess)
    pthread_mutex_destroy(mutex)
    isLess.deallocate()
    mutex.deallocate()
  }

  /// Waits until there is room; what is larger than all waits until it is alone.
  func take(_ pixels: Int) {
    pthread_mutex_lock(mutex)
    while used > 0, used + pixels > most { pthread_cond_wait(isLess, mutex) }
    used += pixels
    pthread_mutex_unlock(mutex)
  }

  func giveBack(_ pixels: Int) {
    pthread_mutex_lock(mutex)
    used -= pixels
    pthread_cond_broadcast(isLess)
    pthread_mutex_unlock(mutex)
  }
}
